using System.Text.Json;
using Wobble.Tests.Support;

namespace Wobble.Faults.Tests;

/// <summary>`./wobble export`, `import`, `backup` and `restore`, as somebody types them.</summary>
public sealed class KeepingTests
{
    [Fact]
    public async Task A_run_goes_to_another_Wobble_and_all_of_it_comes_back_from_a_backup()
    {
        string folder = TestFolders.New("kept"), restored = TestFolders.New("restored");
        string file = Path.Combine(folder, "run.wobble.gz"), backup = Path.Combine(folder, "all.backup");
        string slug, before;
        await using (var product = await Product.StartAsync())
        {
            slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = "2s", tags = new[] { "kept" }, notes = "as it was" });
            Assert.Equal("completed", (await product.EndAsync(slug)).State);
            before = await RunAsync(product, slug);

            var export = await CommandLine.RunAsync(["export", slug, "--out", file, "--data", product.Data]);
            Assert.True(export.Code == 0 && File.Exists(file), export.Errors);
            var again = await CommandLine.RunAsync(["export", slug, "--out", file, "--data", product.Data]);
            Assert.Equal(2, again.Code);
            Assert.Contains("a file that isn't there yet", again.Errors, StringComparison.Ordinal);
            var kept = await CommandLine.RunAsync(["backup", backup, "--data", product.Data]);
            Assert.True(kept.Code == 0 && kept.Output.Contains("Backed up 1 runs", StringComparison.Ordinal), kept.Errors + kept.Output);
            var running = await CommandLine.RunAsync(["restore", backup, "--replace", "--data", product.Data]);
            Assert.True(running.Code != 0, running.Output);
        }

        await using (var elsewhere = await Product.StartAsync())
        {
            var import = await CommandLine.RunAsync(["import", file, "--data", elsewhere.Data]);
            Assert.True(import.Code == 0 && import.Output.Contains($"imported, /r/{slug}", StringComparison.Ordinal), import.Errors + import.Output);
            Assert.Equal(before, await RunAsync(elsewhere, slug));
            var twice = await CommandLine.RunAsync(["import", file, "--data", elsewhere.Data]);
            Assert.Contains("was here already", twice.Output, StringComparison.Ordinal);
            string log = await elsewhere.Api.GetStringAsync(new Uri("/api/audit", UriKind.Relative));
            Assert.Contains($"import a run, {slug}", log, StringComparison.Ordinal);
            byte[] torn = await File.ReadAllBytesAsync(file);
            await File.WriteAllBytesAsync(file, torn[..(torn.Length / 2)]);
            Assert.Equal(2, (await CommandLine.RunAsync(["import", file, "--data", elsewhere.Data])).Code);
        }

        var back = await CommandLine.RunAsync(["restore", backup, "--data", restored]);
        Assert.True(back.Code == 0, back.Errors);
        await using var after = await Product.StartAsync(restored);
        Assert.Equal(before, await RunAsync(after, slug));
    }

    // Figures, definition, verdict, notes and tags: all but what is another machine's or another moment's.
    private static async Task<string> RunAsync(Product product, string slug)
    {
        var run = JsonDocument.Parse(await product.Api.GetStringAsync(new Uri($"/api/runs/{slug}", UriKind.Relative))).RootElement;
        var seconds = JsonDocument.Parse(await product.Api.GetStringAsync(new Uri($"/api/runs/{slug}/samples", UriKind.Relative))).RootElement;
        return string.Join('\n', ((string[])["state", "requests", "throughput", "latency_ms", "errors", "trust", "definition", "tags", "notes", "plan"]).Select(name => run.GetProperty(name).GetRawText())) + seconds.GetRawText();
    }
}
