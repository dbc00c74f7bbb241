using System.Diagnostics;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Sandbox;

/// <summary>Locks that another user of the machine may have got at.</summary>
public sealed class MachineLockTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly string _folder = TestFolders.New("lock");

    private string Path => System.IO.Path.Combine(_folder, "wobble.lock");

    [Theory]
    [InlineData("pipe"), InlineData("link"), InlineData("folder")]
    public async Task What_is_no_plain_file_is_refused_at_once_with_what_to_do(string what)
    {
        if (what == "link") File.CreateSymbolicLink(Path, System.IO.Path.Combine(_folder, "elsewhere"));
        else if (what == "folder") Directory.CreateDirectory(Path);
        else Process.Start("/usr/bin/mkfifo", [Path]).WaitForExit();

        var refusal = await Assert.ThrowsAsync<StackException>(() => Task.Run(() => MachineLock.AcquireAsync(Path, _ => ValueTask.CompletedTask, CancellationToken.None)).WaitAsync(Soon));

        Assert.Equal($"The machine's lock {Path} is no plain file, so no run can begin: remove what is there, then start the run again.", refusal.Message);
        Assert.Null(MachineLock.TryAcquire(Path));
        Assert.False(File.Exists(System.IO.Path.Combine(_folder, "elsewhere")));
    }

    [Fact]
    public async Task Who_waits_is_told_who_holds_it_and_may_give_up()
    {
        File.WriteAllText(Path, "");
        using var holder = Process.Start(new ProcessStartInfo("/usr/bin/flock", [Path, "/bin/sh", "-c", "echo held; exec sleep 600"]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            using var giveUp = new CancellationTokenSource();
            string told = "";

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MachineLock.AcquireAsync(Path, by =>
            {
                told = by;
                return new ValueTask(giveUp.CancelAsync());
            }, giveUp.Token).WaitAsync(Soon));

            Assert.Equal($" (flock, process {holder.Id})", told);
        }
        finally
        {
            holder.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void The_lock_of_a_data_folder_can_be_held_by_its_user_alone()
    {
        var data = new DataFolder(_folder);
        File.WriteAllText(data.Lock, "");
        File.SetUnixFileMode(data.Lock, (UnixFileMode)0b110_100_100);

        using var held = UpLock.Take(data);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(data.Lock));
    }
}
