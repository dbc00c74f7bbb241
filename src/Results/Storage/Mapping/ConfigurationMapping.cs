using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Wobble.Results.Storage.Mapping;

internal sealed class ConfigurationMapping : IEntityTypeConfiguration<Configuration>
{
    public void Configure(EntityTypeBuilder<Configuration> builder)
    {
        builder.ToTable("configurations");
        builder.HasKey(c => c.Id);
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.Property(c => c.Name).HasMaxLength(120);
        builder.Property(c => c.Definition).IsJson();
        // A name is taken only while its owner is in use.
        builder.HasIndex(c => c.Name).IsUnique().HasFilter("archived_at is null");
    }
}

internal sealed class ExperimentMapping : IEntityTypeConfiguration<Experiment>
{
    public void Configure(EntityTypeBuilder<Experiment> builder)
    {
        builder.ToTable("experiments");
        builder.HasKey(e => e.Id);
        builder.Property(e => e.Id).ValueGeneratedNever();
        builder.Property(e => e.Slug).HasMaxLength(Slug.Length).IsFixedLength();
        builder.Property(e => e.Kind).HasMaxLength(32);
        builder.Property(e => e.State).HasMaxLength(16);
        builder.Property(e => e.Definition).HasColumnType("jsonb");
        builder.HasIndex(e => e.Slug).IsUnique();
    }
}

internal sealed class TuningMapping : IEntityTypeConfiguration<Tuning>
{
    public void Configure(EntityTypeBuilder<Tuning> builder)
    {
        builder.ToTable("tunings");
        builder.HasKey(t => new { t.Target, t.Runner, t.Setup });
        builder.Property(t => t.Target).HasMaxLength(128);
        builder.Property(t => t.Runner).HasMaxLength(50);
        builder.Property(t => t.Setup).HasMaxLength(1_000);
        builder.Property(t => t.Experiment).HasMaxLength(Slug.Length);
    }
}

internal sealed class ComparisonMapping : IEntityTypeConfiguration<Comparison>
{
    public void Configure(EntityTypeBuilder<Comparison> builder)
    {
        builder.ToTable("comparisons");
        builder.HasKey(c => c.Id);
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.Property(c => c.Slug).HasMaxLength(Slug.Length).IsFixedLength();
        builder.HasIndex(c => c.Slug).IsUnique();
    }
}

internal sealed class RunnerMapping : IEntityTypeConfiguration<RunnerRow>
{
    public void Configure(EntityTypeBuilder<RunnerRow> builder)
    {
        builder.ToTable("runners");
        builder.HasKey(r => r.Name);
        builder.Property(r => r.Name).HasMaxLength(50);
        builder.Property(r => r.Catalogue).IsJson();
        builder.Property(r => r.Environment).IsJson();
        builder.Property(r => r.DataFolder).IsJson();
    }
}
