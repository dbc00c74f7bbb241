using System.Net.Http.Json;
using System.Text.Json;

namespace Wobble.Faults.Tests;

public sealed class ExperimentTests
{
    private const int Rounds = 3;
    private static readonly string[] Struck = [Victims.Runner, Victims.Execution, Victims.Dashboard, Victims.OwnPostgres, Victims.Up];

    private sealed record Made(string Slug, string Name, int Round, string State, string? Trust);

    [Fact]
    public async Task An_experiment_whose_Runner_and_all_else_die_in_turn_ends_with_the_same_set_of_repetitions_none_counted_twice()
    {
        await using var product = await Product.StartAsync();
        await product.UntilAsync("the console to tell of the seeding", () => Task.FromResult(product.Said.Contains("Runner: The benchmark's database is ready", StringComparison.Ordinal)), TimeSpan.FromSeconds(30));
        Assert.Contains("Runner: Seeding the benchmark's database, ", product.Said, StringComparison.Ordinal);
        string[] targets = ["uwsgi-http/bottle", "uwsgi-uwsgi/bottle"];
        using var answer = await product.Api.PostAsJsonAsync("/api/experiments", new { targets, workers = 2, connections = 4, warmup = "0s", @for = "2s", repetitions = Rounds });
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        string experiment = JsonDocument.Parse(text).RootElement.GetProperty("slug").GetString()!;

        var struck = new Dictionary<string, string>();
        foreach (string victim in Struck)
        {
            string slug = "";
            await product.UntilAsync($"a run that measures, to kill {victim}", async () => (slug = (await MadeAsync(product, experiment)).Runs.FirstOrDefault(r => r.State == "measuring" && !struck.ContainsKey(r.Slug))?.Slug ?? "").Length > 0, TimeSpan.FromSeconds(90));
            struck[slug] = victim;
            Processes.Signal(Victims.Find(victim, product, Processes.All())!.Pid, Processes.SIGKILL);
            if (victim != Victims.Up) continue;
            await product.EndOfUpAsync(TimeSpan.FromSeconds(10));
            await product.StartUpAsync();
        }
        string state = "";
        await product.UntilAsync("the experiment to end", async () => (state = (await MadeAsync(product, experiment)).State) == "completed", TimeSpan.FromSeconds(120), () => $"it is {state}");

        var runs = (await MadeAsync(product, experiment)).Runs;
        string all = string.Join('\n', runs.Select(r => $"{r}{(struck.TryGetValue(r.Slug, out var by) ? $" struck: {by}" : "")}"));
        Assert.True(runs.Select(r => r.Slug).Distinct().Count() == runs.Count, all);
        var valid = runs.Where(r => r is { State: "completed", Trust: not "invalid" }).Select(r => (r.Name, r.Round)).Order().ToList();
        Assert.True(valid.SequenceEqual((from name in targets from round in Enumerable.Range(1, Rounds) select (name, round)).Order()), all);
        // What was cut short is kept, and says so.
        foreach (var (slug, victim) in struck)
        {
            string end = runs.Single(r => r.Slug == slug).State;
            Assert.True(end == victim switch { Victims.Runner or Victims.Up => "interrupted", Victims.Execution => "failed", _ => "completed" }, $"{victim}: {end}\n{all}");
        }
        Assert.Equal(Rounds * targets.Length, await ReportedAsync(product, experiment));
    }

    // Nothing while the Dashboard or its database is away.
    private static async Task<(string State, List<Made> Runs)> MadeAsync(Product product, string slug)
    {
        if (await AskAsync(product, slug) is not { } found) return ("", []);
        return (found.GetProperty("state").GetString()!, [.. found.GetProperty("all_runs").EnumerateArray().Select(r =>
            new Made(r.GetProperty("slug").GetString()!, r.GetProperty("name").GetString()!, r.GetProperty("round").GetInt32(), r.GetProperty("state").GetString()!, r.TryGetProperty("trust", out var trust) ? trust.GetString() : null))]);
    }

    private static async Task<int> ReportedAsync(Product product, string slug) => (await AskAsync(product, slug))!.Value.GetProperty("rows").EnumerateArray().Sum(r => r.GetProperty("runs").GetInt32());

    private static async Task<JsonElement?> AskAsync(Product product, string slug)
    {
        try
        {
            using var answer = await product.Api.GetAsync(new Uri($"/api/experiments/{slug}", UriKind.Relative));
            return answer.IsSuccessStatusCode ? JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
