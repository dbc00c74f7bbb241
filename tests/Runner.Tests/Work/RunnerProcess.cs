using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Results.Storage;
using Wobble.Runner.Hosting;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

/// <summary>A Runner in a process of its own that can be killed: this test program once more, which its environment tells to be a Runner.</summary>
internal sealed class RunnerProcess : IDisposable
{
    private const string Variable = "WOBBLE_TEST_RUNNER";
    private readonly Process _process;

    private RunnerProcess(Process process) => _process = process;

    public static RunnerProcess Start(WorkSettings settings, bool staysMeasuring)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, Path.GetFileName(Environment.ProcessPath!).StartsWith("dotnet", StringComparison.Ordinal) ? [typeof(RunnerProcess).Assembly.Location] : [])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Variable] = string.Join('\n', settings.Name, settings.ConnectionString, settings.Data.Root, staysMeasuring, settings.Poll);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new RunnerProcess(process);
    }

    /// <summary>As the kernel's out-of-memory killer does it.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits until its row says that it lives.</summary>
    public static Task WaitUntilJoinedAsync(TestDatabase database, string name) => TestRunner.WaitAsync("the Runner to join", async () =>
    {
        if (!await Schema.IsCurrentAsync(database)) return false;
        await using var db = database.CreateDbContext();
        return db.Runners.Any(r => r.Name == name);
    });

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    /// <summary>Set in a process that <see cref="Start"/> started.</summary>
    public static string? Told => Environment.GetEnvironmentVariable(Variable);

    /// <summary>That process: a Runner until it is killed.</summary>
    public static Task<int> RunAsync(string told)
    {
        string[] words = told.Split('\n');
        var executions = new FakeExecutions { StaysMeasuring = bool.Parse(words[3]) };
        return WorkHost.RunAsync(new WorkSettings(words[0], words[1], new DataFolder(words[2])) { Poll = TimeSpan.Parse(words[4], System.Globalization.CultureInfo.InvariantCulture) }, services => services.AddSingleton<IExecutions>(executions));
    }
}
