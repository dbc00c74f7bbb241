using System.Text.Json;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Runner.Commands;
using Wobble.Runner.Experiments;
using static Wobble.Runner.Tests.Experiments.Playing;

namespace Wobble.Runner.Tests.Experiments;

public sealed class ExperimentRunnerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("wobble-experiments-").FullName;

    private string Kept => Path.Combine(folder, "state.jsonl");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task It_runs_every_round_and_says_each_run_with_the_time_to_go()
    {
        var store = new MemoryStore(Compare());
        var said = new StringWriter();

        Assert.Equal(ExperimentEnd.Completed, await PlayAsync(store, said: said));

        Assert.Equal([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)], Made(store).Order());
        Assert.All(store.Runs, r => Assert.True(r.IsValid));
        string[] lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.StartsWith("  1 of 6  round 1  ", lines[0], StringComparison.Ordinal);
        Assert.Contains(" to go): 2,000/s, p50 ", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopped_anywhere_and_started_again_it_makes_the_same_runs_and_none_twice()
    {
        var whole = new MemoryStore(Compare());
        await PlayAsync(whole);
        for (int stop = 1; stop <= 6; stop++)
        {
            string path = Path.Combine(folder, $"{stop}.jsonl");
            using (var first = Open(path, Compare())) Assert.Equal(ExperimentEnd.Cancelled, await PlayAsync(first, stopIn: stop));
            // Another seed was drawn by the second start: the first one's order goes on.
            using var second = Open(path, Compare(seed: 99));
            Assert.Equal(stop - 1, second.Runs.Count);
            Assert.Equal(7, second.Definition.Seed);
            Assert.Equal(ExperimentEnd.Completed, await PlayAsync(second));
            Assert.Equal(Made(whole), Made(second));
        }
    }

    [Fact]
    public async Task Half_a_line_that_a_killed_process_left_is_cut_off()
    {
        using (var first = Open(Kept, Compare())) await PlayAsync(first, stopIn: 4);
        byte[] bytes = await File.ReadAllBytesAsync(Kept, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Kept, bytes[..^20], TestContext.Current.CancellationToken);

        using var second = Open(Kept, Compare());

        Assert.Equal(2, second.Runs.Count);
        Assert.Equal(ExperimentEnd.Completed, await PlayAsync(second));
        Assert.Equal(6, second.Runs.Count);
    }

    [Fact]
    public async Task A_file_of_another_experiment_is_refused_and_left_as_it_is()
    {
        using (var first = Open(Kept, Compare())) await PlayAsync(first);
        byte[] before = await File.ReadAllBytesAsync(Kept, TestContext.Current.CancellationToken);
        var errors = new List<FieldError>();

        Assert.Null(StateFile.Open(Kept, Compare(targets: ["uwsgi-http/flask", "uvicorn/starlette"]), errors));

        var error = Assert.Single(errors);
        Assert.Equal(("state", Kept), (error.Field, error.Value));
        Assert.Contains("How do uwsgi-http/bottle, uvicorn/starlette differ?", error.Allowed, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Kept, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_that_is_none_is_refused_with_its_line()
    {
        await File.WriteAllTextAsync(Kept, "hello\n", TestContext.Current.CancellationToken);
        var errors = new List<FieldError>();

        Assert.Null(StateFile.Open(Kept, Compare(), errors));

        Assert.Contains("line 1 is none of it", Assert.Single(errors).Allowed, StringComparison.Ordinal);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(Kept, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("the only copy"), InlineData("{\"rows\": 1}\nrest"), InlineData("{\"experiment\": {\"kind\"")]
    public async Task A_file_without_an_experiment_is_refused_and_not_cut(string text)
    {
        await File.WriteAllTextAsync(Kept, text, TestContext.Current.CancellationToken);
        var errors = new List<FieldError>();

        Assert.Null(StateFile.Open(Kept, Compare(), errors));

        Assert.Contains("this has no experiment in it", Assert.Single(errors).Allowed, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(Kept, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Two_at_once_on_one_file_are_refused()
    {
        using var first = Open(Kept, Compare());
        var errors = new List<FieldError>();

        Assert.Null(StateFile.Open(Kept, Compare(), errors));
        Assert.Equal("state", Assert.Single(errors).Field);
    }

    [Fact]
    public async Task More_rounds_after_a_look_use_wider_intervals()
    {
        using (var first = Open(Kept, Compare(repetitions: 2))) await PlayAsync(first);

        using (var second = Open(Kept, Compare(repetitions: 3)))
        {
            Assert.Equal(0.978, second.Definition.Confidence);
            Assert.Equal(ExperimentEnd.Completed, await PlayAsync(second));
            Assert.Equal(6, second.Runs.Count);
        }
        var errors = new List<FieldError>();
        Assert.Null(StateFile.Open(Kept, Compare(repetitions: 2), errors));
        using var third = Open(Kept, Compare(repetitions: 3));
        Assert.Equal(0.978, third.Definition.Confidence);
    }

    [Fact]
    public async Task No_run_begins_that_would_end_after_the_budget()
    {
        var store = new MemoryStore(Compare());

        Assert.Equal(ExperimentEnd.OutOfTime, await PlayAsync(store, budget: TimeSpan.FromSeconds(5)));
        Assert.Empty(store.Runs);
        Assert.Equal(ExitCodes.Unfinished, Code(store, ExperimentEnd.OutOfTime));
    }

    [Fact]
    public async Task Of_a_number_of_requests_the_first_run_says_how_long_the_others_take()
    {
        var asked = Compare();
        var store = new MemoryStore(asked with { Rows = [.. asked.Rows.Select(r => r with { Definition = r.Definition with { For = null, Requests = 20_000 } })] });
        Assert.Null(ExperimentRules.Estimate(store.Definition, store.Runs));
        var said = new StringWriter();

        // At 2,000/s each run takes 16 s: one fits.
        Assert.Equal(ExperimentEnd.OutOfTime, await PlayAsync(store, budget: TimeSpan.FromSeconds(10), said: said));

        Assert.Single(store.Runs);
        Assert.Contains("(time to go not known yet)", said.ToString(), StringComparison.Ordinal);
        Assert.Equal(16 * 6, ExperimentRules.Estimate(store.Definition, store.Runs)!.Value.TotalSeconds, 0.5);
    }

    [Fact]
    public async Task A_target_that_vanished_is_tried_twice_and_keeps_its_reason()
    {
        var store = new MemoryStore(Compare(repetitions: 2, targets: ["uwsgi-http/bottle", "daphne/starlette"]));

        Assert.Equal(ExperimentEnd.Completed, await PlayAsync(store));

        var row = Reporting.Of(store.Definition, store.Runs).Rows[1];
        Assert.Equal((0, 2), (row.Runs, row.Discarded));
        Assert.Contains("no such target", row.Reason, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, Code(store, ExperimentEnd.Completed));
    }

    [Fact]
    public async Task The_json_has_rows_and_ratios_in_the_words_of_the_api()
    {
        var store = new MemoryStore(Compare(targets: ["uwsgi-http/bottle", "gunicorn-meinheld/bottle", "uwsgi-http/bottle"]));
        await PlayAsync(store);

        using var json = JsonDocument.Parse(ExperimentAnswer.Json(store, Reporting.Of(store.Definition, store.Runs), [], ExperimentEnd.Completed));

        var rows = json.RootElement.GetProperty("rows").EnumerateArray().ToDictionary(r => r.GetProperty("name").GetString()!);
        Assert.Equal(["gunicorn-meinheld/bottle", "uwsgi-http/bottle #1", "uwsgi-http/bottle #2"], rows.Keys.Order(StringComparer.Ordinal));
        var missing = rows["gunicorn-meinheld/bottle"];
        Assert.Equal(0, missing.GetProperty("runs").GetInt32());
        Assert.StartsWith("not installed, because", missing.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, missing.GetProperty("p99").ValueKind);
        var row = rows["uwsgi-http/bottle #1"];
        Assert.Equal(("uwsgi-http/bottle", "sync", 3), (row.GetProperty("target").GetString(), row.GetProperty("class").GetString(), row.GetProperty("runs").GetInt32()));
        Assert.Equal(2_000, row.GetProperty("throughput").GetProperty("value").GetDouble(), 1);
        Assert.Equal(JsonValueKind.Number, row.GetProperty("p50").GetProperty("low").ValueKind);
        // 4,000 requests don't show a p99.9, and three rows of three rounds have no ranking.
        foreach (string name in (string[])["letters", "rank_low", "rank_high", "reason", "p99_9"]) Assert.Equal(JsonValueKind.Null, row.GetProperty(name).ValueKind);
        var ratios = json.RootElement.GetProperty("ratios").EnumerateArray().ToList();
        Assert.All(ratios, r => Assert.Equal("uwsgi-http/bottle #1", r.GetProperty("b").GetString()));
        var same = ratios.Single(r => r.GetProperty("metric").GetString() == "throughput");
        Assert.Equal(("uwsgi-http/bottle #2", "same"), (same.GetProperty("a").GetString(), same.GetProperty("verdict").GetString()));
        Assert.All(["value", "low", "high", "p"], name => Assert.Equal(JsonValueKind.Number, same.GetProperty(name).ValueKind));
        Assert.NotEmpty(same.GetProperty("sentence").GetString()!);
        Assert.Equal(("row", "paired", .1), (row.GetProperty("definition").GetProperty("workload").GetString(), same.GetProperty("method").GetString(), json.RootElement.GetProperty("delta").GetDouble()));
    }

    [Fact]
    public async Task A_condition_is_asked_of_the_typical_run_of_each_configuration()
    {
        var store = new MemoryStore(Compare());
        await PlayAsync(store);
        var missed = new List<string>();

        Assert.Equal(ExitCodes.FailIf, Code(store, ExperimentEnd.Completed, missed, "throughput<2100"));

        Assert.Equal(["uwsgi-http/bottle: throughput is 2000 (--fail-if throughput<2100)", "uvicorn/starlette: throughput is 2000 (--fail-if throughput<2100)"], missed);
        Assert.Equal(ExitCodes.Ok, Code(store, ExperimentEnd.Completed, [], "throughput<1900"));
        // What can't be shown never passes unseen.
        Assert.Equal(ExitCodes.FailIf, Code(store, ExperimentEnd.Completed, [], "p99.9>1h"));
    }

    [Fact]
    public async Task The_table_names_each_configuration_with_its_interval()
    {
        var store = new MemoryStore(Compare());
        await PlayAsync(store);
        var output = new StringWriter();

        ExperimentTable.Write(store.Definition, Reporting.Of(store.Definition, store.Runs), [], output, isTerminal: false);

        Assert.Contains("uvicorn/starlette", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("2,000 (", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", output.ToString(), StringComparison.Ordinal);
    }

    private static StateFile Open(string path, ExperimentDefinition experiment)
    {
        var errors = new List<FieldError>();
        var file = StateFile.Open(path, experiment, errors);
        Assert.Empty(errors);
        return file!;
    }

    private static int Code(IExperimentStore store, ExperimentEnd end, List<string>? missed = null, params string[] conditions) =>
        ExperimentAnswer.Code(store, Reporting.Of(store.Definition, store.Runs), end, [.. conditions.Select(c => FailIf.TryParse(c, out var condition) ? condition! : throw new ArgumentException(c))], missed ?? []);
}
