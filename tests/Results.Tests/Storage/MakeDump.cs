using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Tests.Support;
namespace Wobble.Results.Tests.Storage;
public sealed class MakeDump
{
    [Fact]
    public async Task Make()
    {
        string? to = Environment.GetEnvironmentVariable("MAKE_DUMP");
        if (to is null) return;
        await using var database = await TestDatabase.CreateEmptyAsync();
        await using (var db = database.CreateDbContext()) await db.GetService<IMigrator>().MigrateAsync("KeepExperimentsAndTunings");
        await using (var db = database.CreateDbContext())
        {
            db.Add(new Configuration { Name = "kept", Definition = new Definition { Target = "uwsgi-http/bottle" } });
            db.Add(new Experiment { Slug = Slug.New(), Kind = "compare", Question = "Which?", State = "completed" });
            db.Add(new RunnerRow { Name = "bench-1", Catalogue = SamplePlans.Catalogue, Environment = SamplePlans.Environment });
            await db.SaveChangesAsync();
        }
        var runs = new StoredRuns(database);
        var a = await runs.RecordAsync(new FactsBuilder { PerSecond = 20, Definition = new Definition { Target = "uwsgi-http/bottle", Workers = 2, Connections = 10, For = TimeSpan.FromSeconds(3), Warmup = TimeSpan.Zero } }, tags: ["kept"], notes: "of the schema of 2026-11-24");
        var b = await runs.RecordAsync(new FactsBuilder { PerSecond = 20, Definition = new Definition { Target = "uvicorn/starlette", Workers = 2, Rate = 20, For = TimeSpan.FromSeconds(3), Warmup = TimeSpan.Zero } });
        await using (var db = database.CreateDbContext()) { db.Add(new Comparison { Slug = Slug.New(), Runs = [a.Slug, b.Slug] }); await db.SaveChangesAsync(); }
        var s = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        using var dump = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/pg_dump", ["-h", s.Host!, "-U", s.Username!, "-d", s.Database!, "--inserts", "--no-owner", "--no-privileges", "-f", to]) { WorkingDirectory = "/" })!;
        await dump.WaitForExitAsync();
        Assert.Equal(0, dump.ExitCode);
    }
}
