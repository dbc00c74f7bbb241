using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NpgsqlTypes;
using Wobble.Results.Domain;

namespace Wobble.Results.Storage.Mapping;

internal sealed class RunMapping : IEntityTypeConfiguration<Run>
{
    /// <summary>The words of the notes, kept by PostgreSQL for the search of Runs.</summary>
    internal const string NotesWords = "NotesWords";

    public void Configure(EntityTypeBuilder<Run> builder)
    {
        builder.ToTable("runs");
        builder.HasKey(r => r.Id);
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.Property(r => r.Slug).HasMaxLength(Slug.Length).IsFixedLength();
        builder.Property(r => r.State).HasConversion(s => s.Word(), t => Enum.Parse<RunState>(t, true)).HasMaxLength(16);
        builder.Property(r => r.Target).HasMaxLength(128);
        builder.Property(r => r.Class).HasConversion(c => c.ToString().ToLowerInvariant(), t => Enum.Parse<TargetClass>(t, true)).HasMaxLength(8);
        builder.Property(r => r.Purpose).HasMaxLength(16);
        builder.Property(r => r.Attempt).HasDefaultValue(1);
        builder.Property(r => r.DeletedWithExperiment).HasDefaultValue(false);
        builder.Property(r => r.Definition).IsJson();
        builder.Property(r => r.Plan).IsJson();
        builder.Property(r => r.Environment).IsJson();
        builder.Property(r => r.Result).IsJson();
        builder.Property(r => r.End).IsJson();
        builder.Property(r => r.Notes).HasMaxLength(10_000);
        builder.Property(r => r.TrustVerdict).HasMaxLength(16);
        builder.Property(r => r.Wobble).HasComputedColumnSql("p99 / nullif(p50, 0)", stored: true);
        builder.Property<NpgsqlTsVector>(NotesWords).HasComputedColumnSql("to_tsvector('simple', coalesce(notes, ''))", stored: true);
        builder.HasOne<Configuration>().WithMany().HasForeignKey(r => r.ConfigurationId).OnDelete(DeleteBehavior.SetNull);
        builder.HasOne<Experiment>().WithMany().HasForeignKey(r => r.ExperimentId).OnDelete(DeleteBehavior.SetNull);
        // The permalink.
        builder.HasIndex(r => r.Slug).IsUnique();
        // Lists are newest first, and a page begins after any run: the whole order is in each index, for what no filter, or one that few match, leaves over.
        // Without deleted runs, so that counting reads the index alone.
        const string kept = "deleted_at is null";
        builder.HasIndex(r => new { r.CreatedAt, r.Id }).IsDescending().HasFilter(kept);
        builder.HasIndex(r => new { r.Target, r.CreatedAt, r.Id }).IsDescending(false, true, true).HasFilter(kept);
        builder.HasIndex(r => new { r.Class, r.CreatedAt, r.Id }).IsDescending(false, true, true).HasFilter(kept);
        builder.HasIndex(r => new { r.State, r.CreatedAt, r.Id }).IsDescending(false, true, true).HasFilter(kept);
        builder.HasIndex(r => new { r.TrustVerdict, r.CreatedAt, r.Id }).IsDescending(false, true, true).HasFilter(kept);
        builder.HasIndex(r => new { r.ConfigurationId, r.CreatedAt, r.Id }).IsDescending(false, true, true).HasFilter(kept);
        // Tags that were used last.
        builder.HasIndex(r => r.CreatedAt, "ix_runs_tagged").IsDescending().HasFilter(kept + " and cardinality(tags) > 0");
        // Runs sorted by a figure: all, of a class, of a target.
        builder.HasIndex(r => new { r.P50, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.P99, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Throughput, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Wobble, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Class, r.P50, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Class, r.P99, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Class, r.Throughput, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Class, r.Wobble, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Target, r.P50, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Target, r.P99, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Target, r.Throughput, r.Id }).HasFilter(kept);
        builder.HasIndex(r => new { r.Target, r.Wobble, r.Id }).HasFilter(kept);
        // What is queued or going on.
        builder.HasIndex(r => r.State).HasFilter("state not in ('completed', 'failed', 'cancelled', 'interrupted')");
        // What was deleted: to bring back, and to remove in the end.
        builder.HasIndex(r => r.DeletedAt).HasFilter("deleted_at is not null");
        // Runs searched for by tag, or by a word of the notes.
        builder.HasIndex(r => r.Tags).HasMethod("gin");
        builder.HasIndex(NotesWords).HasMethod("gin");
    }
}

internal sealed class SecondMapping : IEntityTypeConfiguration<Second>
{
    public void Configure(EntityTypeBuilder<Second> builder)
    {
        builder.ToTable("seconds");
        // Also serves the reading of a run in order. A second recorded twice meets this key and is skipped.
        builder.HasKey(s => new { s.RunId, s.Stage, s.Number });
        builder.Property(s => s.Errors).IsJson();
        builder.Property(s => s.Watched).IsJson();
        builder.HasOne<Run>().WithMany().HasForeignKey(s => s.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class SampleMapping : IEntityTypeConfiguration<Sample>
{
    public void Configure(EntityTypeBuilder<Sample> builder)
    {
        builder.ToTable("samples");
        builder.HasKey(s => new { s.RunId, s.Stage, s.Second, s.Kind });
        builder.Property(s => s.Kind).HasMaxLength(64);
        builder.Property(s => s.Errors).IsJson();
        builder.HasOne<Run>().WithMany().HasForeignKey(s => s.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RunEventMapping : IEntityTypeConfiguration<RunEvent>
{
    public void Configure(EntityTypeBuilder<RunEvent> builder)
    {
        builder.ToTable("events");
        builder.HasKey(e => e.Id);
        builder.Property(e => e.Component).HasMaxLength(64);
        builder.Property(e => e.Kind).HasMaxLength(32);
        builder.HasOne<Run>().WithMany().HasForeignKey(e => e.RunId).OnDelete(DeleteBehavior.Cascade);
        // The events of a run in order; unique, so that a fact recorded twice is one event.
        builder.HasIndex(e => new { e.RunId, e.FactNumber }).IsUnique();
    }
}

internal sealed class ComponentLogMapping : IEntityTypeConfiguration<ComponentLog>
{
    public void Configure(EntityTypeBuilder<ComponentLog> builder)
    {
        builder.ToTable("logs");
        builder.HasKey(l => new { l.RunId, l.Component });
        builder.Property(l => l.Component).HasMaxLength(64);
        builder.HasOne<Run>().WithMany().HasForeignKey(l => l.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}
