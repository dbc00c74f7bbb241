using System.Diagnostics;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Runner.Load;

/// <summary>A generator child of this process, for <c>wobble load</c>. Its errors go to this process's stderr.</summary>
internal sealed class GeneratorProcess : IDisposable
{
    private readonly Process process;

    public GeneratorProcess(LoadPlan plan)
    {
        var start = SelfProcess.Start("generate");
        process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} could not be started.");
        process.StandardInput.WriteLine(JsonSerializer.Serialize(plan, WobbleJson.Options));
        process.StandardInput.Flush();
    }

    /// <summary>Its process.</summary>
    public int Id => process.Id;

    /// <summary>Its facts, to the last; it gets its <c>go</c> when it is ready. A generator that dies without an end gets one here.</summary>
    public IEnumerable<Fact> Facts()
    {
        bool hasEnded = false;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (!Fact.TryParse(line, out var fact)) continue;
            if (fact is EventFact { Kind: EventKinds.Ready }) Write(Generator.GoWord);
            hasEnded |= fact is EndFact;
            yield return fact!;
        }
        process.WaitForExit();
        if (!hasEnded) yield return new EndFact { State = RunState.Failed, Reason = $"The load generator died with exit code {process.ExitCode}" };
    }

    /// <summary>Asks it to end at once; it still says its totals.</summary>
    public void Cancel()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended by itself.
        }
    }

    private void Write(string line)
    {
        try
        {
            process.StandardInput.WriteLine(line);
            process.StandardInput.Flush();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It died, or was cancelled: its output says so.
        }
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
