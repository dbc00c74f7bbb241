namespace Wobble.Results.Domain;

/// <summary>Names of Runners: lower case letters, digits, _ and -, at most 50, so that a queue can be named after each.</summary>
public static class RunnerName
{
    /// <summary>The most characters.</summary>
    public const int MaxLength = 50;
    /// <summary>What a name may be, for error messages.</summary>
    public const string Allowed = "1 to 50 lower case letters, digits, _ and -";

    /// <summary>True for what may be a name.</summary>
    public static bool IsValid(string? name) => name is { Length: > 0 and <= MaxLength } && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-');

    /// <summary>The nearest name to a host's; <c>runner</c> when nothing of it is left.</summary>
    public static string FromHost(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = new string([.. host.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' ? c : '-')]).Trim('-');
        return name.Length == 0 ? "runner" : name.Length > MaxLength ? name[..MaxLength] : name;
    }
}
