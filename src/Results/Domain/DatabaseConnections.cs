using System.Globalization;

namespace Wobble.Results.Domain;

/// <summary>How many connections a stack's workers open towards the database; with session pooling more than the pooler has is a stack that hangs.</summary>
public static class DatabaseConnections
{
    /// <summary>The option that bounds them.</summary>
    public const string Option = "pool";

    /// <summary>
    /// What <see cref="Option"/> is when nothing was said: the article's, but with session pooling no more than leaves every worker its share, as a
    /// client there keeps its server connection until it leaves, and whoever comes later waits for ever.
    /// </summary>
    public static int DefaultPool(int articles, int workers, PoolerSetting pooler)
    {
        ArgumentNullException.ThrowIfNull(pooler);
        return pooler.Mode == "session" ? Math.Clamp(pooler.Size / Math.Max(1, workers), 1, articles) : articles;
    }

    /// <summary>The pooler's size when only its mode was said: 20, as it comes, or one for each worker where these are more.</summary>
    public static int DefaultSize(int workers) => Math.Max(Defaults.PoolSize, workers);

    /// <summary>The pooler with its size filled in. Null when the text is none.</summary>
    public static PoolerSetting? PoolerOf(Definition definition, int workers)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (!PoolerSetting.TryParse(definition.Pooler, out var pooler)) return null;
        return pooler.IsNone || definition.Pooler.Contains(':', StringComparison.Ordinal) ? pooler : pooler with { Size = Math.Min(1000, DefaultSize(workers)) };
    }

    /// <summary>The most that one worker opens: as many as its pool has, and as it runs queries at a time.</summary>
    public static int PerWorker(Definition definition, CatalogueTarget target, int workers)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(target);
        if (Value(definition, target, Option) is not { } articles) return 1;
        int pool = definition.Options.ContainsKey(Option) || PoolerOf(definition, workers) is not { } pooler ? articles : DefaultPool(articles, workers, pooler);
        if (Value(definition, target, "threads") is { } threads) return Math.Min(pool, threads);
        if (target.Class == TargetClass.Sync) return 1;
        // Without its wait callback psycopg2 blocks all green threads of a worker, so they never run two queries at a time.
        return Text(definition, target, "wait_callback") == "off" && Text(definition, target, "driver") == "psycopg2" ? 1 : pool;
    }

    private static int? Value(Definition definition, CatalogueTarget target, string option) =>
        int.TryParse(Text(definition, target, option), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static string? Text(Definition definition, CatalogueTarget target, string option) =>
        definition.Options.GetValueOrDefault(option) ?? target.Options.FirstOrDefault(o => o.Name == option)?.Default;
}
