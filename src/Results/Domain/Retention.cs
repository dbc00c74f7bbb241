using System.Globalization;

namespace Wobble.Results.Domain;

/// <summary>How long runs are kept. Pinned runs are exempt from all but a person's own deletion.</summary>
/// <param name="KeepDays">Runs that ended longer ago are deleted; null: age doesn't matter.</param>
/// <param name="KeepRuns">Only so many of the newest runs are kept; null: any number.</param>
/// <param name="KeepDeletedDays">For so long a deleted run, experiment or comparison can be brought back; then its rows go.</param>
public sealed record Retention(int? KeepDays, int? KeepRuns, int KeepDeletedDays)
{
    /// <summary>Everything is kept; what a person deletes can be brought back for a week.</summary>
    public static readonly Retention Default = new(null, null, 7);

    /// <summary>Reads the settings <c>KeepDays</c>, <c>KeepRuns</c> and <c>KeepDeletedDays</c>; what is wrong goes to <paramref name="errors"/>.</summary>
    public static Retention Read(Func<string, string?> setting, IList<FieldError> errors)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(errors);
        int? Number(string name, int least, int most, string none)
        {
            if (setting(name) is not { } text || string.IsNullOrWhiteSpace(text)) return null;
            if (int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
            errors.Add(new FieldError(name, text, $"a whole number, {least} to {most.ToString(CultureInfo.InvariantCulture)}; {none}"));
            return null;
        }
        return new(
            Number(nameof(KeepDays), 1, 36_500, "leave it out, and runs are kept whatever their age"),
            Number(nameof(KeepRuns), 1, 10_000_000, "leave it out, and any number of runs is kept"),
            Number(nameof(KeepDeletedDays), 0, 3_650, $"leave it out for {Default.KeepDeletedDays}") ?? Default.KeepDeletedDays);
    }

    /// <summary>As a sentence.</summary>
    public override string ToString()
    {
        string kept = (KeepDays, KeepRuns) switch
        {
            (null, null) => "Runs are kept until somebody deletes them",
            ({ } days, null) => $"Runs are kept for {Many(days, "day")}",
            (null, { } runs) => $"The newest {Many(runs, "run")} are kept",
            ({ } days, { } runs) => $"The newest {Many(runs, "run")} are kept, for {Many(days, "day")}",
        };
        return $"{kept}; pinned ones stay. What was deleted can be brought back for {Many(KeepDeletedDays, "day")}, then its rows go.";
    }

    private static string Many(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
