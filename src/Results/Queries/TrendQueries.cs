using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>How a configuration's results went over time.</summary>
public sealed class TrendQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>The last points that are looked at, a run by itself or the rounds of an experiment each; more would cost more than they tell.</summary>
    public const int PointsLimit = 100;

    /// <summary>The figures that have a trend.</summary>
    public static IReadOnlyList<Metric> Figures { get; } = [Metric.P99, Metric.P50, Metric.Throughput, Metric.Wobble];

    /// <summary>The trend of its last <see cref="PointsLimit"/> points. What a search tried is none: it ran with other workers or rates.</summary>
    public async Task<Trend> Of(Guid configuration, Metric metric, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Served by the index on (configuration_id, created_at). Of plan and environment only what tells set-ups apart: whole they are 10 KB a run.
        var rows = await db.Database.SqlQuery<Row>($"""
            with points as (
                select coalesce(experiment_id, id) as point, min(created_at) as at from runs
                where configuration_id = {configuration} and deleted_at is null and finished_at is not null and (purpose is null or purpose = 'round')
                group by 1 order by at desc, point desc limit {PointsLimit})
            select points.point, (select e.slug from experiments e where e.id = runs.experiment_id) as experiment, runs.slug, created_at, configuration_version, state, trust_verdict, p50, p99, throughput, wobble, plan->>'wobble' as build, plan->>'versions' as versions,
                jsonb_build_array(environment->'host', environment->'cpu', environment->'cores', environment->'kernel', environment->'system', environment->'governor', environment->'sandbox', environment->'generator_place')::text as machine
            from runs join points on points.point = coalesce(experiment_id, id)
            where configuration_id = {configuration} and deleted_at is null and finished_at is not null and (purpose is null or purpose = 'round')
            order by points.at, points.point, created_at, id
            """).ToListAsync(cancel);
        return Trends.Of(metric, [.. rows.GroupBy(r => r.Point).SelectMany(point => TrendRun.Joined([.. point.Select(r => Run(r, metric))]))]);
    }

    private static readonly string[] MachineNames = ["machine", "cpu", "cores", "kernel", "system", "governor", "sandbox", "generator’s place"];

    private static TrendRun Run(Row row, Metric metric)
    {
        double? value = metric switch { Metric.P50 => row.P50, Metric.Throughput => row.Throughput, Metric.Wobble => row.Wobble, _ => row.P99 };
        var setup = new List<KeyValuePair<string, string>>();
        if (row.ConfigurationVersion is { } version) setup.Add(new("configuration, version", version.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        if (row.Versions is { } versions) setup.AddRange(JsonSerializer.Deserialize<SortedDictionary<string, string>>(versions, WobbleJson.Options)!);
        if (row.Machine is { } machine) setup.AddRange(MachineNames.Zip(JsonSerializer.Deserialize<JsonElement[]>(machine)!).Where(m => m.Second.ValueKind != JsonValueKind.Null).Select(m => new KeyValuePair<string, string>(m.First, m.Second.ToString())));
        if (row.Build is { } build) setup.Add(new("wobble", build));
        return new TrendRun(row.Slug, row.CreatedAt, value, row.State == RunState.Completed.Word() && row.TrustVerdict is ("sound" or "doubtful"), setup) { Experiment = row.Experiment };
    }

    private sealed record Row(Guid Point, string? Experiment, string Slug, DateTimeOffset CreatedAt, int? ConfigurationVersion, string State, string? TrustVerdict, double? P50, double? P99, double? Throughput, double? Wobble, string? Build, string? Versions, string? Machine);
}
