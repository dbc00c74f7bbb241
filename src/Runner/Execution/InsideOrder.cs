using Wobble.Results.Domain;

namespace Wobble.Runner.Execution;

/// <summary>What the launcher tells the Execution in the sandbox, as the first line of its standard input. The plan, and the machine as only the outside sees it.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Environment">The machine.</param>
/// <param name="Seal">Begins every line of the Execution's facts. The app under test runs as the same user and can write into the same pipe (<c>/proc/1/fd/1</c>), but it was started later, and can't read this.</param>
internal sealed record InsideOrder(Plan Plan, RunEnvironment Environment, string Seal)
{
    /// <summary>A later line that asks for the end; so does the end of the input, when the launcher died.</summary>
    public const string Cancel = "cancel";
    /// <summary>A later line: the generator, which was ready, has been given priority from outside. Awaited before the load when <see cref="GivesPriority"/>.</summary>
    public const string PriorityGiven = "priority given";

    /// <summary>True: the launcher gives the generator's hot threads their priority.</summary>
    public bool GivesPriority { get; init; }
}
