using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>A machine that executes runs, as it last said of itself.</summary>
public sealed record RunnerState
{
    /// <summary>A runner that hasn't spoken for this long is gone.</summary>
    public static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(15);

    /// <summary>Its name, also of its queue.</summary>
    public required string Name { get; init; }
    /// <summary>Host name.</summary>
    public required string Host { get; init; }
    /// <summary>What it can run.</summary>
    public required Catalogue Catalogue { get; init; }
    /// <summary>The machine; null until it looked.</summary>
    public RunEnvironment? Environment { get; init; }
    /// <summary>What it does now.</summary>
    public required string Doing { get; init; }
    /// <summary>Wobble's version there.</summary>
    public required string Wobble { get; init; }
    /// <summary>When it last spoke.</summary>
    public required DateTimeOffset SeenAt { get; init; }
    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>True when it hasn't spoken for <see cref="GoneAfter"/>.</summary>
    public bool IsGone(DateTimeOffset now) => now - SeenAt > GoneAfter;
}

/// <summary>The runners, and what they can run.</summary>
public sealed class RunnerQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>Runners that are read.</summary>
    private const int Limit = 100;

    /// <summary>All, those that spoke last first.</summary>
    public async Task<IReadOnlyList<RunnerState>> All(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Runners.AsNoTracking().OrderByDescending(r => r.SeenAt).ThenBy(r => r.Name).Take(Limit).Select(r => new RunnerState
        {
            Name = r.Name,
            Host = r.Host,
            Catalogue = r.Catalogue,
            Environment = r.Environment,
            Doing = r.Doing,
            Wobble = r.Wobble,
            SeenAt = r.SeenAt,
            StartedAt = r.StartedAt,
        }).ToListAsync(cancel);
    }
}
