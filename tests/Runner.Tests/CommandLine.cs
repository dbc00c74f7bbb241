using System.Diagnostics;
using Wobble.Runner.Commands;

namespace Wobble.Runner.Tests;

/// <summary>The Runner's commands as they are started: a process of its own, with what it printed and its exit code.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        string dotnet = Path.GetFileName(Environment.ProcessPath!) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        using var process = Process.Start(new ProcessStartInfo(dotnet, [typeof(LoadCommand).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }
}
