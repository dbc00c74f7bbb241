using System.Collections.Concurrent;
using System.Diagnostics;
using Wobble.Tests.Support;

namespace Wobble.Faults.Tests;

/// <summary>The published Runner as a command line.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly ConcurrentQueue<string> _output = new(), _errors = new();

    private CommandLine(Process process)
    {
        Process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Process Process { get; }
    public string Output => string.Join('\n', _output);
    public string Errors => string.Join('\n', _errors);

    /// <param name="arguments">After the Runner's name.</param>
    /// <param name="environment">Beside this process's.</param>
    /// <param name="within">Program and arguments that start it in its place, such as a network of its own.</param>
    public static CommandLine Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? within = null)
    {
        string[] command = [.. within ?? [], Product.Runner, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("ConnectionStrings__Wobble");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new CommandLine(Process.Start(start)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var started = Start(arguments, environment);
        await started.Process.WaitForExitAsync().WaitAsync(Product.Patience);
        return (started.Process.ExitCode, started.Output, started.Errors);
    }

    public Task UntilAsync(string what, Func<bool> condition, TimeSpan? within = null) => Poll.UntilAsync(what, condition, within ?? Product.Patience, () => $"{Errors}\n{Output}");

    public void Dispose()
    {
        if (!Process.HasExited) Process.Kill();
        Process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> to, string? line)
    {
        if (line is not null) to.Enqueue(line);
    }
}
