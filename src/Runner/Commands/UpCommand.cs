using System.CommandLine;
using System.Runtime.InteropServices;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Commands;

internal static class UpCommand
{
    private const int SigHup = 1;

    public static Command Create()
    {
        var urls = new Option<string?>("--urls") { Description = "Where the Dashboard listens, such as http://127.0.0.1:5080 or http://*:8080; several with ; between them.", HelpName = "URLS" };
        var data = new Option<string?>("--data") { Description = "The data folder.", HelpName = "DIR" };
        var command = new Command("up", "Starts and watches all of Wobble: database, Runner and Dashboard.") { urls, data };
        command.SetAction(result => RunAsync(result.GetValue(urls), result.GetValue(data)));
        return command;
    }

    private static async Task<int> RunAsync(string? urls, string? data)
    {
        using var stop = new CancellationTokenSource();
        using var hurry = new CancellationTokenSource();
        using var interrupt = On(PosixSignal.SIGINT, stop, hurry);
        using var terminate = On(PosixSignal.SIGTERM, stop, hurry);
        using var hangUp = IsIgnored(SigHup) ? null : On(PosixSignal.SIGHUP, stop, hurry);
        try
        {
            using var up = new Up(UpSettings.Read(urls, data, UpSettings.Configuration()), new Terminal(Console.Out, TimeProvider.System), TimeProvider.System);
            return await up.RunAsync(stop.Token, hurry.Token);
        }
        catch (HostingException e)
        {
            new Terminal(Console.Error, TimeProvider.System).Say(e.Message);
            return e.ExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            new Terminal(Console.Error, TimeProvider.System).Say(e.Message + FreeSpace.Hint(data ?? DataFolder.Default));
            return ExitCodes.Error;
        }
    }

    /// <summary>The first signal ends everything in order, a second one at once.</summary>
    private static PosixSignalRegistration On(PosixSignal signal, CancellationTokenSource stop, CancellationTokenSource hurry) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        (stop.IsCancellationRequested ? hurry : stop).Cancel();
    });

    /// <summary>True under nohup: then a closed terminal is meant to end nothing.</summary>
    private static bool IsIgnored(int signal)
    {
        string mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..].Trim();
        return (Convert.ToUInt64(mask, 16) >> (signal - 1) & 1) == 1;
    }
}
