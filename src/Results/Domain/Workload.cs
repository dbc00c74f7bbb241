using System.Globalization;

namespace Wobble.Results.Domain;

/// <summary>One kind of request of a workload: its share of the mix and its path. <c>{key}</c> in a path becomes a random key of 1 … 1,000,000.</summary>
/// <param name="Kind">The name of its histogram: <c>row</c>, <c>cpu</c>, <c>slow</c>.</param>
/// <param name="Weight">Share of requests, in relation to the other weights.</param>
/// <param name="Path">Path and query.</param>
public sealed record RequestKind(string Kind, double Weight, string Path);

/// <summary>A weighted mix of requests.</summary>
/// <param name="Name">As written by the user: <c>row</c>, <c>mixed</c>, <c>slow:50</c> …</param>
/// <param name="Kinds">At least one.</param>
public sealed record Workload(string Name, IReadOnlyList<RequestKind> Kinds)
{
    /// <summary>What a workload may be, for error messages.</summary>
    public const string Allowed = "row, mixed, slow:MS (0–60000), slow-tail or cpu:MS (0–60000)";

    private const string RowPath = "/row?key={key}";

    /// <summary>Reads a workload's name. False when it is none of <see cref="Allowed"/>.</summary>
    public static bool TryParse(string? text, out Workload workload)
    {
        workload = new Workload("row", [new RequestKind("row", 1, RowPath)]);
        switch (text)
        {
            case "row":
                return true;
            case "mixed":
                workload = new Workload(text, [new("row", 95, RowPath), new("cpu", 5, "/cpu?ms=20")]);
                return true;
            case "slow-tail":
                workload = new Workload(text, [new("row", 99, RowPath), new("slow", 1, "/slow?ms=200")]);
                return true;
        }
        if (text is null) return false;
        foreach (string kind in (string[])["slow", "cpu"])
        {
            if (!text.StartsWith(kind + ":", StringComparison.Ordinal)) continue;
            if (!int.TryParse(text.AsSpan(kind.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ms) || ms > 60_000) return false;
            workload = new Workload($"{kind}:{ms}", [new(kind, 1, string.Create(CultureInfo.InvariantCulture, $"/{kind}?ms={ms}"))]);
            return true;
        }
        return false;
    }
}

/// <summary>How connections to PostgreSQL are pooled between the app and the database.</summary>
/// <param name="Mode"><c>none</c>, <c>session</c> or <c>transaction</c>.</param>
/// <param name="Size">Server connections; 0 when the mode is <c>none</c>.</param>
public sealed record PoolerSetting(string Mode, int Size)
{
    /// <summary>What a pooler may be, for error messages.</summary>
    public const string Allowed = "none, session[:N] or transaction[:N], N from 1 to 1000";

    /// <summary>True when there is no pooler in the stack.</summary>
    public bool IsNone => Mode == "none";

    /// <summary>Reads <c>none</c>, <c>session</c>, <c>session:20</c>, <c>transaction:20</c>.</summary>
    public static bool TryParse(string? text, out PoolerSetting pooler)
    {
        pooler = new PoolerSetting("none", 0);
        if (text == "none") return true;
        if (text is null) return false;
        string[] parts = text.Split(':');
        int size = Defaults.PoolSize;
        if (parts.Length > 2 || parts[0] is not ("session" or "transaction")) return false;
        if (parts.Length == 2 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > 1000)) return false;
        pooler = new PoolerSetting(parts[0], size);
        return true;
    }

    /// <summary>As a user writes it.</summary>
    public override string ToString() => IsNone ? "none" : string.Create(CultureInfo.InvariantCulture, $"{Mode}:{Size}");
}
