namespace Wobble.Runner.Stacks;

/// <summary>Why a run can't go on, as a sentence for its reader.</summary>
internal sealed class StackException(string sentence) : Exception(sentence);
