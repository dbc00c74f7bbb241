using Npgsql;
using NpgsqlTypes;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Results.Storage;

/// <summary>The SQL of each fact. Every statement changes nothing when its fact was recorded before.</summary>
internal static class RecorderStatements
{
    public static void Add(NpgsqlBatch batch, Guid run, int number, Fact fact)
    {
        switch (fact)
        {
            case PlanFact plan: AddPlan(batch, run, plan.Plan); break;
            case EnvironmentFact e: Add(batch, "update runs set environment = @environment where id = @run and environment is null", run, Json("environment", e.Environment)); break;
            case ProgressFact p: Add(batch, "update runs set progress = @text where id = @run and state = 'preparing'", run, Text("text", p.Words(), 300)); break;
            case PhaseFact phase: AddPhase(batch, run, phase); break;
            case SampleFact sample: AddSample(batch, run, sample); break;
            case EventFact e: AddEvent(batch, run, number, e); break;
            case LogFact log: AddLog(batch, run, number, log); break;
            // The end needs all samples: see Recorder.
            case EndFact: break;
        }
    }

    public static void AddNotice(NpgsqlBatch batch, Guid run) => Add(batch, $"select pg_notify('{Notifications.Runs}', @run::text)", run);

    private static void AddPlan(NpgsqlBatch batch, Guid run, Plan plan) => Add(batch,
        "update runs set plan = @plan, workers = @workers where id = @run and plan is null", run,
        Json("plan", plan), new NpgsqlParameter("workers", NpgsqlDbType.Integer) { Value = (object?)plan.Definition.Workers ?? DBNull.Value });

    private static void AddPhase(NpgsqlBatch batch, Guid run, PhaseFact phase)
    {
        // Preparing is the Runner's taking of the run (see RunClaims), not the Execution's word for it.
        string? time = phase.Phase switch
        {
            RunState.Warming => "warming_at",
            RunState.Measuring => "measuring_at",
            RunState.Finishing => "finishing_at",
            _ => null,
        };
        if (time is null) return;
        Add(batch, $"update runs set state = @state, {time} = @at, progress = null where id = @run and state = any(@from)", run,
            Text("state", phase.Phase.Word()), Time(phase.At), new NpgsqlParameter("from", StateMoves.Words(phase.Phase)));
    }

    private static void AddSample(NpgsqlBatch batch, Guid run, SampleFact sample)
    {
        var all = Histograms.Merge(sample.Kinds.Select(k => k.Latency));
        double? At(double percentile) => all.TotalCount == 0 ? null : Percentiles.Ms(all, percentile);
        var watched = new Watched(sample.Generator with { Lateness = null }, sample.Components, sample.Pooler, sample.Host);
        Add(batch, """
            insert into seconds (run_id, stage, number, length, requests, errors, p50, p90, p99, p999, max, watched, lateness)
            values (@run, @stage, @second, @length, @requests, @errors, @p50, @p90, @p99, @p999, @max, @watched, @lateness)
            on conflict do nothing
            """, run, new("stage", sample.Stage), new("second", sample.Second), new("length", sample.Length), new("requests", sample.Kinds.Sum(k => k.Requests)),
            Json("errors", RunResults.Sum(sample.Kinds.Select(k => k.Errors))),
            Number("p50", At(50)), Number("p90", At(90)), Number("p99", At(99)), Number("p999", At(99.9)), Number("max", At(100)),
            Json("watched", watched), Bytes("lateness", sample.Generator.Lateness));
        foreach (var kind in sample.Kinds)
        {
            Add(batch, """
                insert into samples (run_id, stage, second, kind, requests, errors, latency, service)
                values (@run, @stage, @second, @kind, @requests, @errors, @latency, @service)
                on conflict do nothing
                """, run, new("stage", sample.Stage), new("second", sample.Second), Text("kind", kind.Kind, 64), new("requests", kind.Requests),
                Json("errors", kind.Errors), Bytes("latency", kind.Latency), Bytes("service", kind.Service));
        }
    }

    private static void AddEvent(NpgsqlBatch batch, Guid run, int number, EventFact e) => Add(batch, """
        insert into events (run_id, fact_number, at, second, component, kind, text)
        values (@run, @number, @at, @second, @component, @kind, @text)
        on conflict do nothing
        """, run, new("number", number), Time(e.At), Number("second", e.Second), Text("component", e.Component, 64), Text("kind", e.Kind, 32), Text("text", e.Text));

    private static void AddLog(NpgsqlBatch batch, Guid run, int number, LogFact log) => Add(batch, """
        insert into logs as l (run_id, component, text, last_fact, dropped)
        values (@run, @component, right(@text, @limit), @number, greatest(0, length(@text) - @limit))
        on conflict (run_id, component) do update set
            text = right(l.text || @text, @limit),
            dropped = l.dropped + greatest(0, length(l.text) + length(@text) - @limit),
            last_fact = @number
        where l.last_fact < @number
        """, run, new("number", number), Text("component", log.Component, 64), Text("text", log.Text), new("limit", ComponentLog.Limit));

    private static void Add(NpgsqlBatch batch, string sql, Guid run, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddWithValue("run", run);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter Json<T>(string name, T value) => new(name, NpgsqlDbType.Jsonb) { Value = StoredText.Json(value) };

    private static NpgsqlParameter Text(string name, string value, int limit = int.MaxValue) => new(name, NpgsqlDbType.Text) { Value = StoredText.Clean(value, limit) };

    private static NpgsqlParameter Time(DateTimeOffset at) => new("at", NpgsqlDbType.TimestampTz) { Value = at.ToUniversalTime() };

    private static NpgsqlParameter Number(string name, double? value) => new(name, NpgsqlDbType.Double) { Value = (object?)value ?? DBNull.Value };

    private static NpgsqlParameter Bytes(string name, byte[]? value) => new(name, NpgsqlDbType.Bytea) { Value = (object?)value ?? DBNull.Value };
}
