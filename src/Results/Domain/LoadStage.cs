using System.Globalization;

namespace Wobble.Results.Domain;

/// <summary>One stage of load: how long, and either a rate (open loop) or a number of connections (closed loop).</summary>
/// <param name="For">Length.</param>
/// <param name="Rate">Requests a second, or null in a closed loop.</param>
/// <param name="Connections">Connections, or null in an open loop.</param>
public sealed record LoadStage([property: System.Text.Json.Serialization.JsonConverter(typeof(DurationJsonConverter))] TimeSpan For, double? Rate, int? Connections)
{
    /// <summary>What stages look like, for error messages.</summary>
    public const string Allowed = "stages such as 10s@500/s,10s@1000/s (rates) or 10s@50,10s@100 (connections), one kind only, whole seconds, at most 100 of them and 24h in all";

    /// <summary>The most connections of stages of a closed loop; null for rates, and for no stages.</summary>
    public static int? MostConnections(IReadOnlyList<LoadStage> stages) => stages.Max(s => s.Connections);

    /// <summary>How long all of them take.</summary>
    public static TimeSpan Length(IEnumerable<LoadStage> stages) => TimeSpan.FromTicks(stages.Sum(s => s.For.Ticks));

    /// <summary>What is wrong with connections beside stages that say connections themselves.</summary>
    public static FieldError BesideStages(int connections, string stages) =>
        new("connections", connections.ToString(CultureInfo.InvariantCulture), $"the stages {stages} say the connections themselves: leave connections out");

    /// <summary>Reads stages. On failure <paramref name="wrong"/> says what is wrong and what is allowed.</summary>
    public static bool TryParse(string text, out IReadOnlyList<LoadStage> stages, out string? wrong)
    {
        ArgumentNullException.ThrowIfNull(text);
        var list = new List<LoadStage>();
        stages = list;
        wrong = null;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int at = part.IndexOf('@', StringComparison.Ordinal);
            if (at < 0 || !Duration.TryParse(part[..at], out var length) || length < TimeSpan.FromSeconds(1) || length > DefinitionRules.MaxFor || length.Ticks % TimeSpan.TicksPerSecond != 0)
            {
                wrong = $"'{part}' is no stage; {Allowed}";
                return false;
            }
            string amount = part[(at + 1)..];
            bool isRate = amount.EndsWith("/s", StringComparison.Ordinal);
            if (isRate) amount = amount[..^2];
            if (!double.TryParse(amount, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || !(number > 0) || number > (isRate ? DefinitionRules.MaxRate : DefinitionRules.MaxConnections) || (!isRate && number != Math.Floor(number)))
            {
                wrong = $"'{part}' has no amount that is allowed; {Allowed}";
                return false;
            }
            list.Add(isRate ? new LoadStage(length, number, null) : new LoadStage(length, null, (int)number));
        }
        if (list.Count is 0 or > 100 || list.Select(s => s.Rate is null).Distinct().Count() > 1)
        {
            wrong = Allowed;
            return false;
        }
        if (Length(list) is var all && all > DefinitionRules.MaxFor)
        {
            wrong = $"they take {Duration.Format(all)}; {Allowed}";
            return false;
        }
        return true;
    }
}
