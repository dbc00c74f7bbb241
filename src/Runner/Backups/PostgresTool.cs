using System.Diagnostics;
using Npgsql;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Backups;

/// <summary>pg_dump and pg_restore. The password goes by the environment, which no other user can read, never by the command line.</summary>
internal static class PostgresTool
{
    public static async Task RunAsync(string programs, string program, string connectionString, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var to = new NpgsqlConnectionStringBuilder(connectionString);
        var info = new ProcessStartInfo(Path.Combine(programs, program), ["--no-password", "-h", to.Host ?? "localhost", "-p", $"{to.Port}", "-U", to.Username ?? Environment.UserName, "-d", to.Database ?? to.Username ?? "", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        if (to.Password is { Length: > 0 } password) info.Environment["PGPASSWORD"] = password;
        using var process = await Launcher.StartAsync(info);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
        await output;
        if (process.ExitCode != 0) throw new HostingException($"{program} ended with code {process.ExitCode}:\n  {(await error).Trim().ReplaceLineEndings("\n  ")}");
    }
}
