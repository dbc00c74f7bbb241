using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Wobble.EndToEnd.Tests;

/// <summary>Every page, for everybody: no violation that axe can find, in both themes, wide and narrow; and no scroll bar sideways on a phone.</summary>
public sealed class PagesTests(Product product)
{
    public static TheoryData<string> Paths => ["/", "/new", "/configurations", "/runs", "/experiments", "/claims", "/compare", "/targets", "/runners", "/nowhere"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Axe_finds_nothing_and_nothing_sticks_out(string path)
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            foreach (int width in (int[])[390, 1600])
                await LookAsync(path, scheme, width);
    }

    [Fact]
    public async Task Axe_finds_nothing_on_a_run_and_a_comparison()
    {
        var one = await product.RunAsync(new { target = "uwsgi-http/bottle", warmup = "1s", @for = "3s" });
        var two = await product.RunAsync(new { target = "uwsgi-http/flask", warmup = "0s", @for = "2s", keep_alive = true });
        string a = one.GetProperty("slug").GetString()!, b = two.GetProperty("slug").GetString()!;
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            foreach (int width in (int[])[390, 1600])
            {
                await LookAsync($"/r/{a}", scheme, width);
                await LookAsync($"/compare?r={a}&r={b}", scheme, width);
            }
    }

    private Task LookAsync(string path, ColorScheme scheme, int width) => LookAsync(product, path, scheme, width);

    internal static async Task LookAsync(Product product, string path, ColorScheme scheme, int width)
    {
        await using var context = await product.SignedInAsync(new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
        var page = await context.NewPageAsync();
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("404", StringComparison.Ordinal)) errors.Add(message.Text);
        };
        await page.GotoAsync(product.Url + path, new PageGotoOptions { WaitUntil = WaitUntilState.NetworkIdle });
        var found = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        string where = $"{path} {scheme} {width} px";
        Assert.True(found.Violations.Length == 0, $"{where}: " + string.Join("; ", found.Violations.Select(v => $"{v.Id} {string.Join(" ", v.Nodes.Take(3).Select(n => n.Html))}")));
        int sideways = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(sideways <= 0, $"{where}: the page is {sideways} px wider than the window");
        Assert.True(errors.Count == 0, $"{where}: " + string.Join("; ", errors));
    }
}
