using System.Text.Json;
using Wobble.Results.Domain;
using Wobble.Runner.Commands;
using Wobble.Runner.Tests.Work;
using Wobble.Runner.Work;

namespace Wobble.Runner.Tests;

/// <summary>What <c>wobble run --json</c> prints: one object, whatever became of the run.</summary>
public sealed class RunCommandTests
{
    private static readonly Definition Bottle = new() { Target = "uwsgi-http/bottle", For = TimeSpan.FromSeconds(2), Warmup = TimeSpan.Zero };

    [Fact]
    public async Task A_run_of_which_nothing_was_measured_is_its_state_and_failure()
    {
        var (code, json) = await RunAsync(new Failing(new ExecutionException("uwsgi-http was not ready.")), default);

        Assert.Equal((ExitCodes.Failed, "failed", "uwsgi-http was not ready."), (code, json.GetProperty("state").GetString(), json.GetProperty("failure").GetString()));
    }

    [Fact]
    public async Task A_run_that_was_cancelled_before_it_began_says_so()
    {
        var (code, json) = await RunAsync(new Failing(new OperationCanceledException()), new CancellationToken(canceled: true));

        Assert.Equal((ExitCodes.Cancelled, "cancelled"), (code, json.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_run_that_was_measured_is_its_result()
    {
        var (_, json) = await RunAsync(new FakeExecutions(), default);

        Assert.True(json.GetProperty("requests").GetInt64() > 0);
    }

    private static async Task<(int Code, JsonElement Json)> RunAsync(IExecutions machine, CancellationToken cancel)
    {
        using var output = new StringWriter();
        int code = await RunCommand.RunOnceAsync(machine, Bottle, new LoadChoice { Json = true }, output, cancel);
        return (code, JsonDocument.Parse(output.ToString()).RootElement);
    }

    /// <summary>A machine whose runs can't begin.</summary>
    private sealed class Failing(Exception why) : IExecutions
    {
        public Task<Catalogue> CatalogueAsync(CancellationToken cancel) => throw why;
        public Task<RunEnvironment> EnvironmentAsync(CancellationToken cancel) => throw why;
        public Task SeedAsync(Func<Wobble.Results.Facts.Fact, ValueTask> onFact, CancellationToken cancel) => throw why;
        public Task<Plan> PlanAsync(Definition definition, Func<Wobble.Results.Facts.Fact, ValueTask> onFact, CancellationToken cancel) => throw why;
        public Task<Wobble.Results.Facts.EndFact> RunAsync(Plan plan, Func<Wobble.Results.Facts.Fact, ValueTask> onFact, CancellationToken cancel) => throw why;
    }
}
