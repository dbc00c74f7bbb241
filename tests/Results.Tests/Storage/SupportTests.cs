using Microsoft.EntityFrameworkCore;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Tests.Support;

[assembly: AssemblyFixture(typeof(Wobble.Tests.Support.SharedCluster))]

namespace Wobble.Results.Tests.Storage;

public sealed class SupportTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_test_database_is_migrated_and_empty()
    {
        await using var db = database.CreateDbContext();

        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
        Assert.False(await db.Runs.AnyAsync());
    }

    [Fact]
    public void Made_up_facts_are_consistent_and_survive_their_lines()
    {
        var facts = new FactsBuilder().Build();

        var again = facts.Select(f => Fact.TryParse(f.ToLine(), out var fact) ? fact : null).ToList();
        Assert.Equal(facts.Select(f => f.ToLine()), again.Select(f => f!.ToLine()));
        var end = Assert.IsType<EndFact>(facts[^1]);
        var measured = facts.OfType<SampleFact>().Where(s => s.Stage > 0).ToList();
        Assert.Equal(5, measured.Count);
        Assert.Equal(end.Totals!.Answered, Histograms.Merge(measured.SelectMany(s => s.Kinds).Select(k => k.Latency)).TotalCount);
    }
}
