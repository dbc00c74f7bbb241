using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Wobble.Tests.Support;

namespace Wobble.Faults.Tests;

/// <summary>
/// Everything that Wobble is made of, killed, ended and stopped in every phase of a run. In the short form (`./test`) each is killed while measuring;
/// `./test --faults` is the whole matrix. WOBBLE_FAULTS: `whole`, or an expression that the names of cells match.
/// </summary>
public sealed class MatrixTests(ITestOutputHelper output)
{
    private static readonly object Struck = new { target = "uwsgi-uwsgi/bottle", workers = 3, connections = 6, warmup = "1s", @for = "3s" };
    private static readonly object Next = new { target = "uwsgi-uwsgi/bottle", workers = 2, connections = 4, warmup = "0s", @for = "1s" };
    private static readonly TimeSpan TreeGone = TimeSpan.FromSeconds(1);
    private const int TooLate = 8;

    [Fact]
    public async Task Whatever_dies_the_run_ends_as_written_its_tree_is_gone_and_the_next_run_is_fine()
    {
        string wanted = Environment.GetEnvironmentVariable("WOBBLE_FAULTS") ?? "";
        var cells = wanted switch { "" => Matrix.Short(), "whole" => Matrix.All(), _ => Matrix.All().Where(c => Regex.IsMatch(c.ToString(), wanted)) };
        var red = new List<string>();
        await using var product = await Product.StartAsync();
        foreach (var cell in cells)
        {
            var took = Stopwatch.StartNew();
            string came;
            try
            {
                came = await StrikeAsync(product, cell);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                came = $"RED: {e.Message}";
                red.Add($"{cell}: {e.Message}");
                if (!product.IsUp) await product.StartUpAsync();
            }
            string line = string.Create(CultureInfo.InvariantCulture, $"{cell}: {came.Split('\n')[0]} [{took.Elapsed.TotalSeconds:0.0} s]");
            output.WriteLine(line);
            if (Environment.GetEnvironmentVariable("WOBBLE_FAULTS_LOG") is { Length: > 0 } log) await File.AppendAllTextAsync(log, line + "\n");
        }
        Assert.True(red.Count == 0, string.Join("\n\n", red));
    }

    [Fact]
    public void The_guide_shows_this_very_matrix()
    {
        string guide = Path.Combine(Root(), "docs", "faults.md");
        if (Environment.GetEnvironmentVariable("WOBBLE_WRITE_GUIDE") is { Length: > 0 })
        {
            string old = File.ReadAllText(guide);
            File.WriteAllText(guide, Regex.Replace(old, "(?s)(?<=<!-- matrix -->\n).*?(?=<!-- end -->)", Matrix.ToMarkdown().Replace("$", "$$", StringComparison.Ordinal)));
        }
        Assert.Contains(Matrix.ToMarkdown(), File.ReadAllText(guide), StringComparison.Ordinal);
    }

    /// <summary>One cell; what came of it in words. Throws what is red about it.</summary>
    private static async Task<string> StrikeAsync(Product product, Cell cell)
    {
        await product.UntilAsync("the Dashboard", product.IsHealthyAsync);
        for (int attempt = 1; ; attempt++)
        {
            string slug = await product.QueueWhenItCanAsync(Struck);
            using var tree = new RunTree();
            var victim = await PhaseAsync(product, slug, cell, tree);
            if (victim is null)
            {
                // Its phase was over before it could be struck: the finish takes some tenths of a second.
                await product.EndAsync(slug);
                if (attempt < TooLate) continue;
                throw new InvalidOperationException($"It was never there in time in {TooLate} runs.");
            }
            long samples = (await product.RowAsync(slug))?.Samples ?? 0;
            var since = Stopwatch.StartNew();
            Processes.Signal(victim.Pid, cell.Number);
            string next = cell.Victim is Victims.Up ? "" : await product.QueueWhenItCanAsync(Next);
            var row = cell.Victim == Victims.Up ? await EndWithUpAsync(product, cell, slug) : await EndAsync(product, cell, slug, tree);
            double seconds = since.Elapsed.TotalSeconds;
            await CheckAsync(product, cell, slug, row, samples, tree, seconds);
            if (next.Length == 0) next = await product.QueueWhenItCanAsync(Next);
            var after = await product.EndAsync(next);
            Assert.True(after is { State: "completed", Requests: > 0 }, $"The next run: {after}");
            // `up` has put another in its place, also of one that only hung.
            if (cell.Victim is Victims.Dashboard or Victims.Runner or Victims.OwnPostgres)
                await product.UntilAsync($"another {cell.Victim}", () => Task.FromResult(Victims.Find(cell.Victim, product, Processes.All()) is { } now && now.Pid != victim.Pid), TimeSpan.FromSeconds(60));
            await product.UntilAsync("the Dashboard after it", product.IsHealthyAsync);
            return string.Create(CultureInfo.InvariantCulture, $"{row.State}{(row.Reason.Length > 0 ? $" ({row.Reason.Split('\n')[0]})" : "")} after {seconds:0.0} s, {row.Samples} seconds kept");
        }
    }

    /// <summary>Waits for the moment to strike: the victim; null when that moment is over.</summary>
    private static async Task<Seen?> PhaseAsync(Product product, string slug, Cell cell, RunTree tree)
    {
        Seen? victim = null;
        bool over = false;
        bool hasMeasured = false;
        await product.UntilAsync($"{cell}", async () =>
        {
            var all = Processes.All();
            tree.Note(product, all);
            var generator = Victims.Find(Victims.Generator, product, all);
            if (cell.Phase == "finish" && hasMeasured && generator is null)
            {
                victim = Victims.Find(cell.Victim, product, all);
                return true;
            }
            if (hasMeasured && cell.Phase == "finish") return false;
            string state = (await product.RowAsync(slug))?.State ?? "";
            hasMeasured = state == "measuring";
            over = state is "completed" or "failed" or "cancelled" or "interrupted";
            bool isNow = cell.Phase switch
            {
                "prepare" => state == "preparing" && Victims.Find(Victims.Execution, product, all) is not null,
                "warm-up" => state == "warming",
                "measure" => state == "measuring",
                _ => false,
            };
            victim = isNow ? Victims.Find(cell.Victim, product, all) : null;
            return victim is not null || over;
        });
        return victim is { } found && found.IsAlive ? found : null;
    }

    private static async Task<Row> EndAsync(Product product, Cell cell, string slug, RunTree tree)
    {
        Row? row = null;
        await product.UntilAsync($"the end of the run ({cell})", async () =>
        {
            // Once this run has ended, what is seen may be the next one's already; it may have ended, too, while PostgreSQL doesn't say.
            var all = Processes.All();
            var read = await product.RowAsync(slug);
            row = read ?? row;
            if (row is { IsFinal: true }) return true;
            if (read is not null) tree.Note(product, all);
            return false;
        }, TimeSpan.FromSeconds(cell.Within), () => $"it is {row}");
        return row!;
    }

    private static async Task<Row> EndWithUpAsync(Product product, Cell cell, string slug)
    {
        if (cell.Signal == "STOP")
        {
            var row = await product.EndAsync(slug, TimeSpan.FromSeconds(cell.Within));
            Processes.Signal(product.Pid, Processes.SIGCONT);
            return row;
        }
        var children = product.Tree();
        int code = await product.EndOfUpAsync(TimeSpan.FromSeconds(cell.Within));
        if (cell.Signal == "TERM") Assert.Equal(0, code);
        await product.UntilAsync("all of it to end", () => Task.FromResult(!children.Exists(p => p.IsAlive)), TimeSpan.FromSeconds(cell.Within), () => $"left: {string.Join(", ", children.Where(p => p.IsAlive))}");
        await product.StartUpAsync();
        return await product.EndAsync(slug, TimeSpan.FromSeconds(cell.Within));
    }

    private static async Task CheckAsync(Product product, Cell cell, string slug, Row row, long samples, RunTree tree, double seconds)
    {
        Assert.True(seconds <= cell.Within, string.Create(CultureInfo.InvariantCulture, $"It took {seconds:0} s, and {cell.Within} s are allowed: {row}"));
        Assert.True(cell.States.Split('|').Contains(row.State), $"It should have ended as {cell.States}, but is {row}");
        if (row.State != "completed") Assert.True(cell.Reason.Split('|').Any(part => row.Reason.Contains(part, StringComparison.Ordinal)), $"It should say '{cell.Reason}', but says: {row.Reason}");
        Assert.True(row.Samples >= samples, $"{samples} seconds were recorded when it was struck, {row.Samples} are kept.");
        await Poll.UntilAsync("the end of what was left after the run's end", () => !tree.Left.Any(), TreeGone, () => string.Join(", ", tree.Left));
        // Whoever was not seen and is in the run's network would hold its ports.
        Assert.True(tree.Networks > 0, "The run was never seen in a network of its own.");
        Assert.True(tree.Holders.Count == 0, $"The run's ports are still held: {string.Join(", ", tree.Holders)}");
        await product.UntilAsync("the Dashboard", product.IsHealthyAsync, TimeSpan.FromSeconds(60));
        foreach (string page in (string[])[$"/api/runs/{slug}", $"/r/{slug}"])
        {
            // While the database is away a page says so, and comes back with it.
            await product.UntilAsync(page, async () =>
            {
                using var answer = await product.Api.GetAsync(new Uri(page, UriKind.Relative));
                Assert.True(answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{page}: {answer.StatusCode}");
                return answer.IsSuccessStatusCode;
            }, TimeSpan.FromSeconds(cell.Within));
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Dashboard.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Not below a checkout.");
    }
}
