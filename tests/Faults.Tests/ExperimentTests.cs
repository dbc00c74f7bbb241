using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace Wobble.Faults.Tests;

public sealed class ExperimentTests
{
    [Fact]
    public async Task An_experiment_goes_on_when_runs_of_it_die_with_their_Execution_or_their_Runner()
    {
        await using var product = await Product.StartAsync();
        await product.UntilAsync("the console to tell of the seeding", () => Task.FromResult(product.Said.Contains("Runner: The benchmark's database is ready", StringComparison.Ordinal)), TimeSpan.FromSeconds(30));
        Assert.Contains("Runner: Seeding the benchmark's database, ", product.Said, StringComparison.Ordinal);
        using var answer = await product.Api.PostAsJsonAsync("/api/runs", new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = "2s", repetitions = 3 });
        var queued = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        string experiment = queued.GetProperty("experiment").GetString()!;
        string[] slugs = [.. queued.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("slug").GetString()!)];
        Assert.Equal(3, slugs.Length);

        foreach (var (slug, victim) in slugs.Zip((string[])[Victims.Execution, Victims.Runner]))
        {
            await product.UntilAsync(slug, row => row.State == "measuring");
            Processes.Signal(Victims.Find(victim, product, Processes.All())!.Pid, Processes.SIGKILL);
        }

        Assert.Equal("failed", (await product.EndAsync(slugs[0])).State);
        Assert.Equal("interrupted", (await product.EndAsync(slugs[1])).State);
        Assert.Equal("completed", (await product.EndAsync(slugs[2])).State);
        string state = "";
        await product.UntilAsync("the experiment to end", async () =>
        {
            await using var connection = new NpgsqlConnection(product.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("select state from experiments where slug = @slug", connection);
            command.Parameters.AddWithValue("slug", experiment);
            state = (string)(await command.ExecuteScalarAsync())!;
            return state == "completed";
        }, TimeSpan.FromSeconds(60), () => $"it is {state}");
    }
}
