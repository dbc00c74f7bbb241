using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Wobble.Results.Storage.Mapping;

internal sealed class RecurrenceMapping : IEntityTypeConfiguration<Recurrence>
{
    public void Configure(EntityTypeBuilder<Recurrence> builder)
    {
        builder.ToTable("recurrences");
        builder.HasKey(r => r.Id);
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.Property(r => r.Days).HasMaxLength(32);
        builder.Property(r => r.Zone).HasMaxLength(64);
        builder.Property(r => r.Webhook).HasMaxLength(2_000);
        builder.Property(r => r.Secret).HasMaxLength(200);
        builder.Property(r => r.LastSlug).HasMaxLength(Slug.Length);
        builder.Property(r => r.LookedAt).HasMaxLength(Slug.Length);
        builder.HasOne<Configuration>().WithMany().HasForeignKey(r => r.ConfigurationId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Experiment>().WithMany().HasForeignKey(r => r.ExperimentId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class NoticeMapping : IEntityTypeConfiguration<Notice>
{
    public void Configure(EntityTypeBuilder<Notice> builder)
    {
        builder.ToTable("notices");
        builder.HasKey(n => n.Id);
        builder.Property(n => n.Id).ValueGeneratedNever();
        builder.Property(n => n.Run).HasMaxLength(Slug.Length);
        builder.Property(n => n.Body).HasColumnType("jsonb");
        builder.HasOne<Recurrence>().WithMany().HasForeignKey(n => n.RecurrenceId).OnDelete(DeleteBehavior.Cascade);
        // What waits to be sent.
        builder.HasIndex(n => n.NextAt).HasFilter("next_at is not null");
    }
}
