using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Wobble.Results.Storage.Mapping;

internal sealed class AuditMapping : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.ToTable("audit");
        // Read newest first by the key itself.
        builder.HasKey(a => a.Id);
        builder.Property(a => a.Who).HasMaxLength(AuditEntry.LongestWho);
        builder.Property(a => a.From).HasMaxLength(64);
        builder.Property(a => a.What).HasMaxLength(AuditEntry.LongestWhat);
        builder.Property(a => a.Outcome).HasMaxLength(AuditEntry.LongestWhat);
    }
}
