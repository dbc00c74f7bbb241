using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Jobs;

/// <summary>A PostgreSQL that goes away at a moment: statements that hold certain words find it gone.</summary>
internal sealed class AwayDatabase(TestDatabase database) : DbCommandInterceptor, IDbContextFactory<WobbleDb>
{
    /// <summary>Part of the statement.</summary>
    public required string At { get; init; }

    public WobbleDb CreateDbContext()
    {
        var builder = new DbContextOptionsBuilder<WobbleDb>();
        WobbleDb.Configure(builder, database.ConnectionString);
        builder.AddInterceptors(this);
        return new WobbleDb(builder.Options);
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        FailAt(command);
        return new(result);
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        FailAt(command);
        return new(result);
    }

    private void FailAt(DbCommand command)
    {
        if (command.CommandText.Contains(At, StringComparison.Ordinal)) throw new NpgsqlException("The connection was reset.");
    }
}
