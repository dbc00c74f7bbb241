namespace Wobble.Runner.Catalog;

/// <summary>How grave a finding is.</summary>
internal enum Grade
{
    /// <summary>As it should be.</summary>
    Ok,
    /// <summary>Runs work; a number may suffer, or a feature is missing.</summary>
    Warning,
    /// <summary>A default run can't work.</summary>
    Error,
}

/// <summary>One thing the doctor looked at.</summary>
/// <param name="Check">What it is about.</param>
/// <param name="Grade">How grave it is.</param>
/// <param name="Text">What was found.</param>
/// <param name="Remedy">What to do, as a command where there is one; null when nothing is to be done.</param>
internal sealed record Finding(string Check, Grade Grade, string Text, string? Remedy = null);
