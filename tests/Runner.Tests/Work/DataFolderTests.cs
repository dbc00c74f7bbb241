using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

/// <summary>What a Runner tells of its data folder.</summary>
public sealed class DataFolderTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private readonly string _root = Directory.CreateTempSubdirectory("wobble-folder-").FullName;

    private DataFolder Data => new(Path.Combine(_root, "data"));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Each_folder_that_is_there_is_added_up_and_what_lies_beside_them_is_the_rest()
    {
        Put("data/journals/a.jsonl", 100);
        Put("data/journals/unknown/b.jsonl", 20);
        Put("data/environments/sanic-0123456789ab/lib/python3/site-packages/sanic/app.py", 3_000);
        Put("data/benchmark/data/base/1/1259", 40_000);
        Put("data/token", 32);
        Put("data/keys/key-1.xml", 900);
        // Of that name, but elsewhere.
        Put("data/keys/logs/x", 1);

        var use = Look()!;

        Assert.Equal((Noon, Data.Root), (use.At, use.Folder));
        Assert.Equal([("benchmark", 40_000), ("environments", 3_000), ("journals", 120), (DataFolderPart.Rest, 933)], use.Parts.Select(p => (p.Name, p.Bytes)));
        Assert.All(use.Parts, p => Assert.Null(p.Problem));
    }

    [Fact]
    public void No_link_is_followed_not_even_that_of_a_whole_folder_which_is_told()
    {
        Put("outside/huge", 1_000_000);
        Put("data/journals/a.jsonl", 100);
        File.CreateSymbolicLink(Path.Combine(Data.Journals, "file"), Path.Combine(_root, "outside", "huge"));
        Directory.CreateSymbolicLink(Path.Combine(Data.Journals, "folder"), Path.Combine(_root, "outside"));
        Directory.CreateSymbolicLink(Path.Combine(Data.Journals, "round"), Data.Root);
        Directory.CreateSymbolicLink(Data.Cluster, Path.Combine(_root, "outside"));

        var use = Look()!;

        Assert.Equal([("benchmark", 0), ("journals", 100), (DataFolderPart.Rest, 0)], use.Parts.Select(p => (p.Name, p.Bytes)));
        Assert.Equal($"{Data.Cluster} is a link, which isn't followed", use.Parts[0].Problem);
        Assert.Null(use.Parts[1].Problem);
    }

    [Fact]
    public void Nothing_is_asked_of_what_a_link_leads_to()
    {
        Put("data/journals/a.jsonl", 100);
        Put("outside/b", 1);
        // Who resolves a link reads it, and the kernel notes when: the times of these are of long ago.
        string twin = Path.Combine(_root, "outside", "twin"), inner = Path.Combine(_root, "outside", "inner"), link = Path.Combine(Data.Journals, "link");
        File.CreateSymbolicLink(twin, Path.Combine(_root, "outside", "b"));
        File.CreateSymbolicLink(inner, Path.Combine(_root, "outside", "b"));
        File.CreateSymbolicLink(link, inner);
        Shell($"touch -h -d 2001-01-01T00:00:00Z '{twin}' '{inner}' '{link}'");
        string before = Shell($"stat -c %X '{inner}' '{link}'");
        Shell($"stat -L '{twin}'");
        Assert.SkipWhen(Shell($"stat -c %X '{twin}' '{link}'") == before, "The file system doesn't note when a link is read");

        Assert.Equal(100, Look()!.Parts[0].Bytes);

        Assert.Equal(before, Shell($"stat -c %X '{inner}' '{link}'"));
    }

    [Fact]
    public void Pipes_sockets_loops_and_names_that_are_no_text_are_neither_waited_for_nor_lost()
    {
        Put("data/journals/a.jsonl", 100);
        File.CreateSymbolicLink(Path.Combine(Data.Journals, "round"), "round");
        File.CreateSymbolicLink(Path.Combine(Data.Journals, "nowhere"), "/proc/self/nowhere/at/all");
        Shell($"cd '{Data.Journals}' && mkfifo pipe && f=$(printf 'm\\374ll') && printf 12345 > \"$f\" && mkdir \"$f.d\" && printf 123 > \"$f.d/$f\" && printf '1' > \"$(printf 'new\\nline')\"");

        var part = Look()!.Parts[0];
        // .NET can't name them, to remove them.
        Shell($"rm -r '{Data.Journals}'");

        Assert.Equal(("journals", 109, null), (part.Name, part.Bytes, part.Problem));
    }

    [Fact]
    public void The_data_folder_itself_may_be_a_link()
    {
        Put("elsewhere/journals/a.jsonl", 100);
        Directory.CreateSymbolicLink(Data.Root, Path.Combine(_root, "elsewhere"));

        Assert.Equal(100, Look()!.Parts.Single(p => p.Name == "journals").Bytes);
    }

    [Fact]
    public void What_lies_too_deep_or_cannot_be_read_is_told_and_all_else_is_counted()
    {
        Put("data/logs/runner.log", 50);
        Put("data/runs/" + string.Join('/', Enumerable.Repeat("d", 70)) + "/deep", 1_000);
        Put("data/runs/flat", 10);
        Put("data/keys/closed/key", 7);
        string closed = Path.Combine(Data.Keys, "closed");
        if (!Environment.IsPrivilegedProcess) File.SetUnixFileMode(closed, UnixFileMode.None);
        try
        {
            var use = Look()!;

            Assert.Equal([("logs", 50), ("runs", 10)], use.Parts.Take(2).Select(p => (p.Name, p.Bytes)));
            Assert.EndsWith("/d is 60 folders deep: what is below isn't counted", use.Parts[1].Problem);
            // Root may read all.
            if (!Environment.IsPrivilegedProcess) Assert.Equal((0, $"{closed} can't be read: Permission denied"), (use.Parts[2].Bytes, use.Parts[2].Problem));
        }
        finally
        {
            if (!Environment.IsPrivilegedProcess) File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_data_folder_that_is_not_there_is_told() =>
        Assert.Equal((DataFolderPart.Rest, 0, $"{Data.Root} can't be read: No such file or directory"), Look()!.Parts.Select(p => (p.Name, p.Bytes, p.Problem)).Single());

    [Fact]
    public void A_look_ends_as_soon_as_it_may_not_go_on()
    {
        for (int i = 0; i < DataFolderLook.AtOnce * 3; i++) Put($"data/journals/{i}", 1);
        int asked = 0;

        Assert.Null(new DataFolderLook(Data, new SteppingClock(TimeSpan.Zero), () => ++asked < 3).Look());

        Assert.Equal(3, asked);
        Assert.Null(new DataFolderLook(Data, new SteppingClock(TimeSpan.Zero), () => false).Look());
        Assert.Equal(DataFolderLook.AtOnce * 3, Look()!.Parts[0].Bytes);
    }

    [Fact]
    public void A_slow_look_asks_by_time()
    {
        for (int i = 0; i < 100; i++) Put($"data/journals/{i}", 1);
        int asked = 0;

        Assert.NotNull(new DataFolderLook(Data, new SteppingClock(DataFolderLook.Patience), () => ++asked > 0).Look());
        Assert.InRange(asked, 100, 110);

        asked = 0;
        Assert.Null(new DataFolderLook(Data, new SteppingClock(DataFolderLook.Patience), () => ++asked < 7).Look());
        Assert.Equal(7, asked);
    }

    [Fact]
    public async Task Where_it_cannot_be_seen_whether_a_run_goes_on_nothing_is_told()
    {
        Put("data/journals/a.jsonl", 100);
        string link = Path.Combine(_root, "linked.lock"), folder = Path.Combine(_root, "folder.lock");
        File.CreateSymbolicLink(link, Path.Combine(_root, "nowhere"));
        Directory.CreateDirectory(folder);
        using var report = new DataFolderReport(TestRunner.NewSettings(database, "unseen") with { Data = Data, MachineLockPath = link }, database, new CancelWishes(), TimeProvider.System, NullLogger<DataFolderReport>.Instance);

        Assert.Null(MachineLock.IsHeld(link));
        Assert.Null(MachineLock.IsHeld(folder));
        Assert.False(await report.TellAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Nothing_is_told_while_a_run_goes_on_here_whoever_started_it()
    {
        Put("data/journals/a.jsonl", 100);
        var settings = TestRunner.NewSettings(database, "looks") with { Data = Data, MachineLockPath = Path.Combine(_root, "machine.lock") };
        await using (var db = database.CreateDbContext())
        {
            db.Runners.Add(new RunnerRow { Name = settings.Name });
            await db.SaveChangesAsync();
        }
        var wishes = new CancelWishes();
        using var report = new DataFolderReport(settings, database, wishes, TimeProvider.System, NullLogger<DataFolderReport>.Instance);
        Assert.Equal(false, MachineLock.IsHeld(settings.MachineLockPath));

        // A run of the command line holds the machine; the Runner's own is watched from before it has it.
        using (MachineLock.TryAcquire(settings.MachineLockPath))
        {
            Assert.Equal(true, MachineLock.IsHeld(settings.MachineLockPath));
            Assert.False(await report.TellAsync(CancellationToken.None));
        }
        using (wishes.For(Guid.NewGuid())) Assert.False(await report.TellAsync(CancellationToken.None));
        Assert.Null(await ToldAsync(settings.Name));

        Assert.Equal(false, MachineLock.IsHeld(settings.MachineLockPath));
        Assert.True(await report.TellAsync(CancellationToken.None));
        Assert.Equal(100, (await ToldAsync(settings.Name))!.Parts[0].Bytes);
    }

    [Fact]
    public async Task A_runner_tells_at_its_start_and_one_that_comes_back_keeps_what_it_told_until_then()
    {
        Put("data/journals/unknown/a.jsonl", 100);
        var settings = TestRunner.NewSettings(database, "starts") with { Data = Data, MachineLockPath = Path.Combine(_root, "machine.lock") };
        DataFolderUse? told = null;
        await using (await TestRunner.StartAsync(database, settings: settings))
            await TestRunner.WaitAsync("its data folder to be told", async () => (told = await ToldAsync(settings.Name)) is not null);
        Assert.Equal(100, told!.Parts.Single(p => p.Name == "journals").Bytes);

        using (MachineLock.TryAcquire(settings.MachineLockPath))
        await using (var again = await TestRunner.StartAsync(database, settings: settings))
        {
            // Its services have begun long before.
            await again.WaitForAsync(await again.QueueAsync(), RunState.Completed);
            Assert.Equal(told.At, (await ToldAsync(settings.Name))!.At);
        }
    }

    private DataFolderUse? Look() => new DataFolderLook(Data, new SteppingClock(TimeSpan.Zero), () => true).Look();

    private static string Shell(string script)
    {
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string said = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return said.Trim();
    }

    private void Put(string path, int bytes)
    {
        string whole = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        File.WriteAllBytes(whole, new byte[bytes]);
    }

    private async Task<DataFolderUse?> ToldAsync(string runner)
    {
        await using var db = database.CreateDbContext();
        return (await db.Runners.AsNoTracking().SingleOrDefaultAsync(r => r.Name == runner))?.DataFolder;
    }

    /// <summary>Noon, and each look at the stop watch takes a step.</summary>
    private sealed class SteppingClock(TimeSpan step) : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Noon;

        public override long GetTimestamp() => _ticks += step.Ticks;
    }
}
