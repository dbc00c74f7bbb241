using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Wobble.Results.Storage;

/// <summary>Wobble's own database. Never the one under test.</summary>
public sealed class WobbleDb(DbContextOptions<WobbleDb> options) : DbContext(options)
{
    /// <summary>Named definitions.</summary>
    public DbSet<Configuration> Configurations => Set<Configuration>();
    /// <summary>Runs that answer one question together.</summary>
    public DbSet<Experiment> Experiments => Set<Experiment>();
    /// <summary>Runs.</summary>
    public DbSet<Run> Runs => Set<Run>();
    /// <summary>Their seconds.</summary>
    public DbSet<Second> Seconds => Set<Second>();
    /// <summary>Their seconds by kind of request, with histograms.</summary>
    public DbSet<Sample> Samples => Set<Sample>();
    /// <summary>Their events.</summary>
    public DbSet<RunEvent> Events => Set<RunEvent>();
    /// <summary>What their components wrote.</summary>
    public DbSet<ComponentLog> Logs => Set<ComponentLog>();
    /// <summary>Kept comparisons.</summary>
    public DbSet<Comparison> Comparisons => Set<Comparison>();
    /// <summary>Numbers of workers that searches found.</summary>
    public DbSet<Tuning> Tunings => Set<Tuning>();
    /// <summary>Who did what.</summary>
    public DbSet<AuditEntry> Audit => Set<AuditEntry>();
    /// <summary>What is run again by the clock.</summary>
    public DbSet<Recurrence> Recurrences => Set<Recurrence>();
    /// <summary>Changes that were found, and their way to webhooks.</summary>
    public DbSet<Notice> Notices => Set<Notice>();
    /// <summary>Machines that execute runs.</summary>
    public DbSet<RunnerRow> Runners => Set<RunnerRow>();

    /// <summary>The options both hosts use: Npgsql, snake_case names, no tracking unless asked for.</summary>
    public static void Configure(DbContextOptionsBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseNpgsql(connectionString).UseSnakeCaseNamingConvention();
    }

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(WobbleDb).Assembly);
    }
}

/// <summary>Lets <c>dotnet ef migrations add</c> work without a startup project.</summary>
public sealed class WobbleDbFactory : IDesignTimeDbContextFactory<WobbleDb>
{
    /// <inheritdoc/>
    public WobbleDb CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<WobbleDb>();
        WobbleDb.Configure(builder, "Host=localhost;Database=wobble");
        return new WobbleDb(builder.Options);
    }
}
