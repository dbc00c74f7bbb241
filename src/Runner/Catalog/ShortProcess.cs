using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Catalog;

/// <summary>How a short process ended, with what it wrote on both streams.</summary>
internal sealed record ShortProcessResult(int ExitCode, bool TimedOut, string Output)
{
    public bool Succeeded => ExitCode == 0 && !TimedOut;
}

/// <summary>
/// Runs a program that asks or makes something and ends by itself. Guarantees: returns within the limit and about a second; then nothing it started by
/// itself is left; its output is bounded.
/// </summary>
internal static class ShortProcess
{
    private const int MaxOutput = 256 * 1024;

    public static async Task<ShortProcessResult> RunAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, TimeSpan limit, CancellationToken cancel = default)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (string argument in command.Skip(1)) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in environment) start.Environment[name] = value;

        var output = new StringBuilder();
        void Take(object _, DataReceivedEventArgs line)
        {
            if (line.Data is null) return;
            lock (output)
            {
                if (output.Length < MaxOutput) output.Append(line.Data).Append('\n');
            }
        }

        Process process;
        try
        {
            process = await Launcher.StartAsync(start);
        }
        catch (Win32Exception e)
        {
            return new ShortProcessResult(127, false, $"{command[0]}: {e.Message}");
        }
        using var disposed = process;
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(limit);
        bool timedOut = false;
        try
        {
            await process.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            timedOut = true;
            process.Kill(entireProcessTree: true);
            // A grandchild may hold the pipes open for ever, so the wait is for the process alone.
            process.WaitForExit(TimeSpan.FromSeconds(1));
        }
        cancel.ThrowIfCancellationRequested();
        lock (output) return new ShortProcessResult(process.HasExited ? process.ExitCode : -1, timedOut, output.ToString());
    }
}
