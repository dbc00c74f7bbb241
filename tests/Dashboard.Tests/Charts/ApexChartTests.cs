using System.Text.Json;
using Bunit;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Live;
using Wobble.Dashboard.Tests.Live;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Tests.Charts;

/// <summary>What crosses over to the browser: once everything, then only what is new.</summary>
public sealed class ApexChartTests : IAsyncLifetime
{
    private readonly BunitContext scene = new();
    private readonly BunitJSModuleInterop module;
    private readonly BunitJSModuleInterop handle;

    public ApexChartTests()
    {
        module = scene.JSInterop.SetupModule(m => m.Identifier == "import");
        handle = module.SetupModule(m => m.Identifier == "create");
        handle.Mode = JSRuntimeMode.Loose;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => scene.DisposeAsync();

    [Fact]
    public void It_is_created_once_with_its_options_and_a_name_for_those_who_do_not_see_it()
    {
        var chart = Render(Model(2));

        var create = module.VerifyInvoke("create");
        Assert.Equal(4, ((IReadOnlyList<ApexSeries>)create.Arguments[3]!).Count);
        Assert.Equal("line", ((JsonElement)create.Arguments[2]!).GetProperty("chart").GetProperty("type").GetString());
        Assert.Equal("img", chart.Find(".apex").GetAttribute("role"));
        Assert.StartsWith("Percentiles of each second", chart.Find(".apex").GetAttribute("aria-label"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_second_sends_one_point_of_each_line()
    {
        var chart = Render(Model(2));

        Change(chart, Model(3), now: 3);

        var append = handle.VerifyInvoke("append");
        var more = (IReadOnlyList<IReadOnlyList<double?[]>>)append.Arguments[0]!;
        Assert.Equal([1, 1, 1, 1], more.Select(m => m.Count));
        Assert.Equal(3d, append.Arguments[1]);
        handle.VerifyNotInvoke("update");
    }

    [Fact]
    public void The_same_again_sends_nothing()
    {
        var chart = Render(Model(2));

        Change(chart, Model(2), now: null);

        handle.VerifyNotInvoke("append");
        handle.VerifyNotInvoke("update");
    }

    [Fact]
    public void Other_axes_send_everything()
    {
        var chart = Render(Model(2));

        Change(chart, LatencySeries.Of([Points.Of(0), Points.Of(1), Points.Of(2, medianMs: 900)], TargetClass.Sync, 10), now: null);

        Assert.Equal(3, ((IReadOnlyList<ApexSeries>)handle.VerifyInvoke("update").Arguments[1]!)[0].Data.Count);
    }

    [Fact]
    public void After_a_push_that_was_lost_everything_is_sent()
    {
        var chart = Render(Model(2));
        handle.SetupVoid("append", _ => true).SetCanceled();

        Change(chart, Model(3), now: 3);
        chart.WaitForAssertion(() => handle.VerifyInvoke("append"));
        Change(chart, Model(4), now: 4);

        chart.WaitForAssertion(() => Assert.Equal(4, ((IReadOnlyList<ApexSeries>)handle.VerifyInvoke("update").Arguments[1]!)[0].Data.Count));
    }

    [Fact]
    public async Task A_page_that_closes_ends_the_chart()
    {
        Render(Model(2));

        await scene.DisposeComponentsAsync();

        handle.VerifyInvoke("dispose");
    }

    private static ChartModel Model(int seconds) => LatencySeries.Of([.. Enumerable.Range(0, seconds).Select(i => Points.Of(i))], TargetClass.Sync, 10);

    private IRenderedComponent<ApexChart> Render(ChartModel model)
    {
        var chart = scene.Render<ApexChart>(p => p.Add(c => c.Options, model.Options).Add(c => c.Series, model.Series).Add(c => c.Label, model.Label));
        chart.WaitForAssertion(() => module.VerifyInvoke("create"));
        return chart;
    }

    private static void Change(IRenderedComponent<ApexChart> chart, ChartModel model, double? now) =>
        chart.Render(p => p.Add(c => c.Options, model.Options).Add(c => c.Series, model.Series).Add(c => c.Label, model.Label).Add(c => c.Now, now));
}
