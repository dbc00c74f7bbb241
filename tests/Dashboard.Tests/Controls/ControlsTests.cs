using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Layout;
using Wobble.Results.Domain;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Controls;

public sealed class ControlsTests : IDisposable
{
    private static readonly DateTimeOffset Evening = new(2026, 11, 24, 22, 30, 0, TimeSpan.Zero);
    private readonly BunitContext scene = new();
    private readonly ManualClock clock = new(Evening.AddHours(4));

    public ControlsTests()
    {
        scene.JSInterop.Mode = JSRuntimeMode.Loose;
        scene.Services.AddSingleton<TimeProvider>(clock);
    }

    public void Dispose() => scene.Dispose();

    [Theory]
    [InlineData(null, "yesterday 22:30 UTC", "24 November 2026 22:30:00 UTC")]
    [InlineData("America/New_York", "17:30", "24 November 2026 17:30:00 UTC−5:00")]
    [InlineData("Asia/Kolkata", "04:00", "25 November 2026 04:00:00 UTC+5:30")]
    public void A_time_is_said_in_the_zone_of_who_looks(string? zone, string text, string full)
    {
        var time = scene.Render<LocalTime>(p => p.Add(t => t.At, Evening).AddCascadingValue(new Viewer(null, zone)));

        Assert.Equal(text, time.Find("time").TextContent);
        Assert.Equal(full, time.Find("time").GetAttribute("title"));
        Assert.Equal("2026-11-24T22:30:00Z", time.Find("time").GetAttribute("datetime"));
    }

    [Theory]
    [InlineData(TimeShape.Clock, 0, "22:30:00 UTC")]
    [InlineData(TimeShape.OfDay, 0, "22:30 UTC")]
    [InlineData(TimeShape.Long, 0, "24 November 22:30 UTC")]
    [InlineData(TimeShape.Short, 3, "24 November 22:30 UTC")]
    [InlineData(TimeShape.Short, 60, "24 November 2026 22:30 UTC")]
    public void As_much_of_a_time_is_said_as_its_place_needs(TimeShape shape, int daysLater, string text)
    {
        clock.Advance(TimeSpan.FromDays(daysLater));

        Assert.Equal(text, scene.Render<LocalTime>(p => p.Add(t => t.At, Evening).Add(t => t.Shape, shape)).Find("time").TextContent);
    }

    [Theory]
    [InlineData(RunState.Completed, "sound", "ok", "✓ trusted")]
    [InlineData(RunState.Completed, "doubtful", "doubt", "with a reservation")]
    [InlineData(RunState.Completed, "invalid", "no", "✕ invalid")]
    [InlineData(RunState.Failed, null, "no", "✕ failed")]
    [InlineData(RunState.Cancelled, null, "", "cancelled")]
    [InlineData(RunState.Measuring, null, "", "measuring")]
    public void Trust_is_said_by_a_mark_and_a_word(RunState state, string? verdict, string kind, string text)
    {
        var tag = scene.Render<TrustTag>(p => p.Add(t => t.State, state).Add(t => t.Verdict, verdict));

        Assert.Equal(text, tag.Find(".trust").TextContent.Trim());
        Assert.Equal($"trust {kind}".Trim(), tag.Find(".trust").ClassName!.Trim());
    }

    [Fact]
    public void A_figure_without_a_value_is_a_dash_that_says_what_it_waits_for()
    {
        var figure = scene.Render<Figure>(p => p.Add(f => f.Name, "p99.9").Add(f => f.Says, "needs 10,000 requests, it had 900").Add(f => f.Unit, "ms"));

        Assert.Equal("–", figure.Find("b").TextContent.Trim());
        Assert.Contains("wait", figure.Find(".fig").ClassList);
        Assert.Equal("needs 10,000 requests, it had 900", figure.Find(".x").TextContent);
    }

    [Fact]
    public void A_target_is_server_and_app_with_its_mark()
    {
        var name = scene.Render<TargetName>(p => p.Add(t => t.Name, "uvicorn/starlette").Add(t => t.Class, TargetClass.Async).Add(t => t.Href, "/r/x"));

        Assert.Equal("uvicorn/starlette", name.Find("a.tgt").TextContent);
        Assert.Equal("/starlette", name.Find(".app").TextContent);
        Assert.Contains("async", name.Find("svg.mk").ClassList);
        Assert.Empty(scene.Render<TargetName>(p => p.Add(t => t.Name, "alone").Add(t => t.Class, TargetClass.Sync)).FindAll("a"));
    }

    [Fact]
    public void The_three_classes_have_three_shapes() => Assert.Equal(3, Enum.GetValues<TargetClass>().Select(c => ClassMarks.Path(c, 4)).Distinct().Count());

    [Fact]
    public void Tabs_are_moved_through_with_the_arrow_keys()
    {
        var tabs = scene.Render<Tabs>(p => p.Add(t => t.Id, "t").Add(t => t.Label, "Logs").Add(t => t.Names, ["nginx", "uwsgi", "pgbouncer"])
            .Add(t => t.Panel, (int place) => builder => builder.AddContent(0, $"panel {place}")));
        string Panel() => tabs.Find("[role=tabpanel]").TextContent;

        Assert.Equal("panel 0", Panel());
        tabs.Find(".tabs").KeyDown(Key.Left);
        Assert.Equal("panel 2", Panel());
        tabs.Find(".tabs").KeyDown(Key.Right);
        Assert.Equal("panel 0", Panel());
        tabs.Find(".tabs").KeyDown(Key.End);
        Assert.Equal("panel 2", Panel());
        Assert.Equal("t-2", tabs.Find("[role=tabpanel]").GetAttribute("aria-labelledby"));
        Assert.Equal(["-1", "-1", "0"], tabs.FindAll("[role=tab]").Select(t => t.GetAttribute("tabindex")));
        tabs.FindAll("[role=tab]")[1].Click();
        Assert.Equal("panel 1", Panel());
    }

    [Fact]
    public void Bars_are_shares_of_the_greatest()
    {
        var bars = scene.Render<Bars>(p => p.Add(b => b.Label, "CPU seconds").Add(b => b.Rows, [("a", 2.0), ("b", 1.0), ("c", 0.0)]));

        Assert.Equal(["width:100%", "width:50%", "width:0%"], bars.FindAll("i").Select(i => i.GetAttribute("style")));
        Assert.Equal(["2.00", "1.00", "0"], bars.FindAll("td.n").Select(n => n.TextContent));
        Assert.Equal("CPU seconds", bars.Find("caption").TextContent);
    }

    [Fact]
    public void An_empty_state_says_what_will_be_here_and_the_one_thing_to_do()
    {
        var empty = scene.Render<EmptyState>(p => p.Add(e => e.Text, "No runs yet.").AddChildContent("<a href='/new'>New run</a>"));

        Assert.Equal("No runs yet.", empty.Find("p").TextContent);
        Assert.Equal("/new", empty.Find(".btns a").GetAttribute("href"));
    }
}
