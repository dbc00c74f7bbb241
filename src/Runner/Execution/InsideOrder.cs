using Wobble.Results.Domain;

namespace Wobble.Runner.Execution;

/// <summary>What the launcher tells the Execution in the sandbox, as the first line of its standard input. The plan, and the machine as only the outside sees it.</summary>
internal sealed record InsideOrder(Plan Plan, RunEnvironment Environment)
{
    /// <summary>A later line that asks for the end; so does the end of the input, when the launcher died.</summary>
    public const string Cancel = "cancel";
    /// <summary>A later line: the generator, which was ready, has been given priority from outside. Awaited before the load when <see cref="GivesPriority"/>.</summary>
    public const string PriorityGiven = "priority given";

    /// <summary>True: the launcher gives the generator's hot threads their priority.</summary>
    public bool GivesPriority { get; init; }
}
