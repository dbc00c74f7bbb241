using System.Diagnostics;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Hosting;

/// <summary>Whose a data folder is: one with somebody else's things is refused before anything in it is changed, by the Runner and by the scripts.</summary>
public sealed class OwnDataFolderTests : IDisposable
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _root = Directory.CreateTempSubdirectory("wobble-data-").FullName;

    private DataFolder Data => new(_root);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("photos/me.jpg", "photos")]
    [InlineData("app/main.py", "app")]
    [InlineData("app/0123456789ABCDEF/main.py", "app")]
    [InlineData("runs/0123456789abcdef/notes", "runs")]
    [InlineData("logs/build.log", "logs")]
    [InlineData("keys/id_rsa", "keys")]
    [InlineData(".profile", ".profile")]
    public async Task A_folder_of_somebody_else_is_refused_and_left_as_it_is(string file, string strange)
    {
        Put(file);

        var (code, error) = await ScriptAsync("make_data_folder");
        var refusal = Assert.Throws<HostingException>(() => Data.Make());

        Assert.Equal((1, strange), (code, Data.Strange));
        foreach (string said in (string[])[error, refusal.Message])
        {
            Assert.Contains($"The data folder {_root} is not Wobble's: it holds '{strange}'", said, StringComparison.Ordinal);
            Assert.Contains("Name an empty or a new folder", said, StringComparison.Ordinal);
        }
        Assert.Equal(OwnersOnly, File.GetUnixFileMode(_root));
        Assert.False(File.Exists(Path.Combine(_root, "wobble-data")));
    }

    [Theory]
    [InlineData("wobble-data")]
    [InlineData("up.lock")]
    [InlineData("database-schema")]
    [InlineData("database/password")]
    [InlineData("benchmark/lock")]
    [InlineData("app/0123456789abcdef/Runner/Runner")]
    [InlineData("lost+found/1")]
    public async Task A_folder_that_an_earlier_build_made_is_taken_with_what_else_is_in_it(string file)
    {
        Put(file);
        if (!file.StartsWith("lost", StringComparison.Ordinal)) Put("photos/me.jpg");

        Assert.Null(Data.Strange);
        var (code, error) = await ScriptAsync("make_data_folder");

        Assert.True(code == 0, error);
        Assert.True(File.Exists(Path.Combine(_root, "wobble-data")));
    }

    [Fact]
    public void A_new_folder_and_an_empty_one_are_marked()
    {
        var inside = new DataFolder(Path.Combine(_root, "new"));

        inside.Make();
        inside.Make();

        Assert.Equal([Path.Combine(inside.Root, "wobble-data")], Directory.GetFileSystemEntries(inside.Root));
        Assert.Equal("new", Data.Strange);
    }

    [Fact]
    public async Task Of_the_folder_app_only_builds_go()
    {
        Put("app/0123456789abcdef/Runner/Runner");
        Put("app/fedcba9876543210/Runner/Runner");
        Put("app/mine/main.py");

        var (code, error) = await ScriptAsync("app=$DataFolder/app/0123456789abcdef; remove_old_builds");

        Assert.True(code == 0, error);
        Assert.Equal(["0123456789abcdef", "mine"], Directory.GetDirectories(Data.App).Select(build => Path.GetFileName(build)).Order(StringComparer.Ordinal));
    }

    private void Put(string file)
    {
        string path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
    }

    private async Task<(int Code, string Error)> ScriptAsync(string what)
    {
        string repository = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(repository, "Dashboard.sln"))) repository = Path.GetDirectoryName(repository)!;
        var start = new ProcessStartInfo("/bin/bash", ["-c", $". \"$0\"; DataFolder=$1; {what}", Path.Combine(repository, "scripts", "common.sh"), _root]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}
