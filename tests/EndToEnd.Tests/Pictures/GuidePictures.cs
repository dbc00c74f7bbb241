using Microsoft.Playwright;

namespace Wobble.EndToEnd.Tests.Pictures;

/// <summary>The pictures of docs/images: each a page, or a part of one, at the size it has in the guide.</summary>
internal sealed class GuidePictures(IPage page, string folder, Func<IPage, string, Task> go)
{
    /// <summary>As much of a page as is worth a picture, px.</summary>
    private const int MostHeight = 1_500;

    /// <summary>The top of a page.</summary>
    public async Task PageAsync(string name, string path, int height = MostHeight)
    {
        await go(page, path);
        int whole = await page.EvaluateAsync<int>("document.documentElement.scrollHeight");
        var size = page.ViewportSize!;
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = File(name), FullPage = true, Clip = new Clip { X = 0, Y = 0, Width = size.Width, Height = Math.Min(whole, height) } });
    }

    /// <summary>One section of a page.</summary>
    public async Task SectionAsync(string name, string path, string title)
    {
        await go(page, path);
        var section = page.Locator("section.sec").Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = title, Exact = true }) });
        await section.ScreenshotAsync(new LocatorScreenshotOptions { Path = File(name) });
    }

    private string File(string name) => Path.Combine(folder, name + ".png");
}
