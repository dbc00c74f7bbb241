using System.Collections.Concurrent;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Layout;
using Wobble.Dashboard.Live;
using Wobble.Dashboard.Tests.Live;

namespace Wobble.Dashboard.Tests.Charts;

/// <summary>The heat map and its script.</summary>
public sealed class HeatMapTests : IAsyncLifetime
{
    private readonly BunitContext scene = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => scene.DisposeAsync();

    [Fact]
    public async Task A_page_that_is_closed_while_its_script_is_fetched_draws_nothing()
    {
        var script = new SlowScript();
        scene.Services.AddSingleton<IJSRuntime>(script);
        scene.Render<HeatMap>(p => p.Add(m => m.Points, [Points.Of(0)]).Add(m => m.Total, 10d));
        await scene.DisposeComponentsAsync();

        script.Answer();

        await script.Left.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["import"], script.Asked);
    }

    [Fact]
    public void After_a_push_that_was_lost_every_column_is_sent()
    {
        var module = scene.JSInterop.SetupModule(m => m.Identifier == "import");
        var handle = module.SetupModule(m => m.Identifier == "create");
        handle.Mode = JSRuntimeMode.Loose;
        handle.SetupVoid("draw", _ => true).SetCanceled();
        var map = scene.Render<HeatMap>(p => p.Add(m => m.Points, Seconds(1)).Add(m => m.Total, 10d));
        map.WaitForAssertion(() => module.VerifyInvoke("create"));

        map.Render(p => p.Add(m => m.Points, Seconds(2)).Add(m => m.Total, 10d));
        map.WaitForAssertion(() => Assert.Single((IReadOnlyList<HeatColumn>)handle.VerifyInvoke("draw").Arguments[1]!));
        map.Render(p => p.Add(m => m.Points, Seconds(3)).Add(m => m.Total, 10d));

        map.WaitForAssertion(() => Assert.Equal(3, ((IReadOnlyList<HeatColumn>)handle.VerifyInvoke("draw", 2)[1].Arguments[1]!).Count));

        static IReadOnlyList<RunPoint> Seconds(int count) => [.. Enumerable.Range(0, count).Select(i => Points.Of(i))];
    }

    [Fact]
    public async Task A_script_that_fails_in_the_browser_ends_no_page()
    {
        Assert.False(await Browser.TellAsync(() => throw new JSException("There is no such element.")));
        Assert.Null(await Browser.AskAsync<string>(() => throw new JSException("There is no such element.")));
    }

    /// <summary>A browser, and each object in it, that answers when it is told to.</summary>
    private sealed class SlowScript : IJSRuntime, IJSObjectReference
    {
        private readonly TaskCompletionSource answers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<string> Asked { get; } = new();

        public Task Left => left.Task;

        public void Answer() => answers.SetResult();

        public async ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args)
        {
            Asked.Enqueue(identifier);
            await answers.Task;
            return typeof(TValue) == typeof(IJSObjectReference) ? (TValue)(object)this : default!;
        }

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => InvokeAsync<TValue>(identifier, args);

        public ValueTask DisposeAsync()
        {
            left.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
