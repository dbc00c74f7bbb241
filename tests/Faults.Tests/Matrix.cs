using System.Text;
using static Wobble.Faults.Tests.Victims;

namespace Wobble.Faults.Tests;

/// <summary>One fault and what must come of it.</summary>
/// <param name="States">The states that are right.</param>
/// <param name="Reason">What the run's reason holds when it isn't completed; several with | between them.</param>
/// <param name="Within">Seconds from the fault to the run's end, or to the end of the time that the load takes anyway.</param>
internal sealed record Cell(string Phase, string Signal, string Victim, string States, string Reason, int Within)
{
    public int Number => Signal switch { "KILL" => Processes.SIGKILL, "TERM" => Processes.SIGTERM, _ => Processes.SIGSTOP };
    public override string ToString() => $"{Victim} · SIG{Signal} · {Phase}";
}

/// <summary>The fault matrix: every victim, signal and phase, with its outcome. docs/faults.md shows it; the tests check both.</summary>
internal static class Matrix
{
    public static readonly string[] Phases = ["prepare", "warm-up", "measure", "finish"];
    public static readonly string[] SignalsSent = ["KILL", "TERM", "STOP"];

    private const string Completed = "completed", Failed = "failed", Interrupted = "interrupted";
    private const string Stopped = "The Runner was stopped";

    // The load itself (a second of warm-up, three measured), its preparation and an orderly stop on a busy machine.
    private const int Usual = 30;
    // An answer may be waited for for 10 s, a component may take 10 to 20 s to be killed.
    private const int Slow = 60;

    /// <summary>All cells, so ordered that one victim isn't struck twice in a row: `up` gives up on who dies five times in a minute.</summary>
    public static IEnumerable<Cell> All() =>
        from phase in Phases from signal in SignalsSent from victim in Victims.All where !(victim == Generator && phase == "finish") select Of(phase, signal, victim);

    /// <summary>A minute or two of it: everything killed while measuring.</summary>
    public static IEnumerable<Cell> Short() => All().Where(c => c is { Phase: "measure", Signal: "KILL" });

    private static Cell Of(string phase, string signal, string victim)
    {
        var (states, reason, within) = Outcome(phase, signal, victim);
        // The measurement is over: what dies then costs the run nothing, unless it is who tells its end.
        if (phase == "finish" && IsOfRun(victim) && victim != Execution) (states, reason, within) = (Completed, "", Math.Max(within, Usual));
        if (phase == "finish" && states is Interrupted) states = $"{Completed}|{Interrupted}";
        return new Cell(phase, signal, victim, states, reason, within);
    }

    private static (string States, string Reason, int Within) Outcome(string phase, string signal, string victim) => (victim, signal) switch
    {
        (Up, "STOP") => (Completed, "", Usual),
        (Up, _) => (Interrupted, Stopped, Slow),
        (Dashboard, _) => (Completed, "", Usual),
        (Runner, "KILL") => (Interrupted, "The Runner died while", Usual),
        (Runner, "TERM") => (Interrupted, Stopped, Usual),
        (Runner, _) => ($"{Completed}|{Interrupted}", Stopped, Slow),
        (OwnPostgres, _) => (Completed, "", Slow),
        (Execution, "KILL") => (Failed, "The Execution was ended by SIGKILL", Usual),
        // In its first moments, before it listens to signals, it ends as any program does.
        (Execution, "TERM") => phase switch
        {
            "prepare" => (Failed, "told to stop|The Execution was ended by SIGTERM", Usual),
            "finish" => ($"{Completed}|{Failed}", "told to stop", Usual),
            _ => (Failed, "told to stop", Usual),
        },
        (Execution, _) => (Failed, "The Execution said nothing for 20s and was killed", Usual),
        (Generator, "STOP") => (Failed, "load generator said nothing|load generator was not ready|load generator did not start", Slow),
        (Generator, _) => (Failed, "load generator", Usual),
        (Master, "STOP") => phase == "prepare" ? (Failed, "was not ready|did not answer", Slow) : (Completed, "", Slow),
        // uWSGI takes SIGTERM for "reload".
        (Master, "TERM") => phase == "prepare" ? ($"{Completed}|{Failed}", "uwsgi-uwsgi", Usual) : (Completed, "", Usual),
        (Master, _) => (Failed, "uwsgi-uwsgi", Usual),
        (Worker, "STOP") => (Completed, "", Slow),
        (Worker, _) => (Completed, "", Usual),
        (Nginx, "STOP") => phase == "prepare" ? ($"{Completed}|{Failed}", "was not ready|did not answer", Slow) : (Completed, "", Slow),
        (Nginx, _) => (Failed, "nginx", Usual),
        (Pgbouncer, "STOP") => phase == "prepare" ? (Failed, "pgbouncer|answer", Slow) : ($"{Completed}|{Failed}", "pgbouncer|answer", Slow),
        (Pgbouncer, _) => (Failed, "pgbouncer", Usual),
        (Database, "KILL") => (Failed, "postgresql", Usual),
        (Database, "TERM") => phase == "prepare" ? (Failed, "postgresql|answer", Slow) : (Completed, "", Slow),
        _ => phase == "prepare" ? (Failed, "postgresql|answer", 90) : (Completed, "", Slow),
    };

    /// <summary>The table of docs/faults.md.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("| what | signal | when | the run ends as | because | within |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (var cells in Victims.All.SelectMany(v => SignalsSent.Select(s => All().Where(c => c.Victim == v && c.Signal == s).ToList())))
            foreach (var same in cells.GroupBy(c => (c.States, c.Reason, c.Within)))
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {same.First().Victim} | {same.First().Signal} | {(same.Count() == Phases.Length ? "any phase" : string.Join(", ", same.Select(c => c.Phase)))} | {same.Key.States.Replace("|", " or ", StringComparison.Ordinal)} | {(same.Key.Reason.Length == 0 ? "–" : "“…" + same.Key.Reason.Replace("|", "…” or “…", StringComparison.Ordinal) + "…”")} | {same.Key.Within} s |\n");
        return text.ToString();
    }
}
