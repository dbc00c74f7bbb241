using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wobble.EndToEnd.Tests;

/// <summary>What the guide tells people to type, done.</summary>
public sealed partial class GuideTests(Product product)
{
    [Fact]
    public async Task The_server_and_the_app_of_the_example_run_under_load()
    {
        var folder = Directory.CreateTempSubdirectory("wobble-example-");
        try
        {
            Write(folder.FullName, File.ReadAllText(Path.Combine(Product.Root, "docs", "guide", "your-own.md")));

            var run = await RunnerAsync(folder.FullName, "run", "wsgiref/hello", "--workers", "2", "--warmup", "0s", "--for", "2s", "--json");

            Assert.Equal("wsgiref/hello", run.GetProperty("target").GetString());
            Assert.True(run.GetProperty("requests").GetInt64() > 0, run.ToString());
            Assert.Equal("{}", run.GetProperty("errors").ToString());
            Assert.NotEqual("invalid", run.GetProperty("trust").GetProperty("verdict").GetString());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_picture_and_page_that_the_guide_names_is_there()
    {
        string docs = Path.Combine(Product.Root, "docs");
        var missing = Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories).Append(Path.Combine(Product.Root, "README.md"))
            .SelectMany(page => Link().Matches(Code().Replace(File.ReadAllText(page), "")).Select(m => m.Groups[1].Value.Split('#')[0]).Where(link => link.Length > 0 && !link.Contains(':', StringComparison.Ordinal))
                .Where(link => !File.Exists(Path.Combine(Path.GetDirectoryName(page)!, link)) && !Directory.Exists(Path.Combine(Path.GetDirectoryName(page)!, link)))
                .Select(link => $"{Path.GetRelativePath(Product.Root, page)}: {link}"));

        Assert.True(!missing.Any(), string.Join("\n", missing));
    }

    // A block of code is the file that was named last before it.
    private static void Write(string folder, string guide)
    {
        var files = Block().Matches(guide).Select(m => (Path: ExamplePath().Matches(guide[..m.Index])[^1].Groups[1].Value, Text: m.Groups[1].Value)).ToList();
        Assert.Equal(["apps/hello/app.json", "apps/hello/app.py", "servers/wsgiref.json", "servers/wsgiref_serve.py"], files.Select(f => f.Path));
        foreach (var (path, text) in files)
        {
            string file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
        using var open = Process.Start("chmod", ["-R", "a+rX", folder]);
        open.WaitForExit();
    }

    private async Task<JsonElement> RunnerAsync(string targets, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Product.App, "Runner", "Runner"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DataFolder"] = product.Data;
        start.Environment["TargetFolders"] = targets;
        using var runner = Process.Start(start)!;
        var output = runner.StandardOutput.ReadToEndAsync();
        string said = await runner.StandardError.ReadToEndAsync();
        await runner.WaitForExitAsync();
        Assert.True(runner.ExitCode == 0, said);
        return JsonDocument.Parse(await output).RootElement;
    }

    [GeneratedRegex(@"^```(?:json|python)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("`((?:apps|servers)/[^`]+)`")]
    private static partial Regex ExamplePath();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
