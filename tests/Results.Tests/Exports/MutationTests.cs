using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wobble.Results.Domain;
using Wobble.Results.Exports;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Exports;

/// <summary>Plans and imports that nobody meant: an error that names the field, or something good; never an exception, and never for long.</summary>
public sealed class MutationTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public void Mutated_plans()
    {
        string[] good = [.. ((Definition[])[new() { Target = "uwsgi-http/bottle", Workers = 2, Connections = 10, For = TimeSpan.FromSeconds(2) }, new() { Target = "uvicorn/starlette", Workers = 2, Stages = "1s@10/s,2s@20/s", Workload = "mixed" }]).Select(d => JsonSerializer.Serialize(SamplePlans.For(d), WobbleJson.Options))];
        Assert.All(good, text => Assert.Null(PlanText.Read(text).Error));
        var mutator = new Mutator(1);
        int refused = 0, count = Mutator.Count(3_000);

        for (int i = 0; i < count; i++)
        {
            string text = mutator.Next(good[i % good.Length]);
            var since = Stopwatch.StartNew();
            var (plan, error) = PlanText.Read(text);
            Assert.True(since.Elapsed < Limit, text);
            Assert.True(plan is not null ^ error is not null, text);
            Assert.True(error is null || error.Field.Length is > 0 and <= 250, text);
            if (error is not null) refused++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"plans: {count} fed, {refused} refused with a field's name, {count - refused} good all the same");
        Assert.InRange(refused, count / 2, count);
    }

    [Fact]
    public async Task Mutated_imports()
    {
        var run = await new StoredRuns(database).RecordAsync(new FactsBuilder { PerSecond = 5, Definition = new Definition { Target = "uwsgi-http/bottle", Workers = 2, Connections = 10, For = TimeSpan.FromSeconds(2), Warmup = TimeSpan.Zero } });
        using var file = new MemoryStream();
        await new RunExport(new ExportQueries(database)).WriteAsync(run, file, default);
        using var reader = new StreamReader(new GZipStream(new MemoryStream(file.ToArray()), CompressionMode.Decompress));
        string[] lines = (await reader.ReadToEndAsync()).TrimEnd('\n').Split('\n')[..^1];
        await database.ExecuteAsync("delete from runs");
        var mutator = new Mutator(2);
        var random = new Random(2);
        int refused = 0, imported = 0, count = Mutator.Count(400);

        for (int i = 0; i < count; i++)
        {
            string[] mutated = [.. lines];
            for (int j = random.Next(1, 3); j > 0; j--)
            {
                int at = random.Next(mutated.Length);
                mutated[at] = mutator.Next(lines[at]).Replace('\n', ' ');
            }
            byte[] text = Encoding.UTF8.GetBytes(string.Concat(mutated.Select(l => l + "\n")));
            var since = Stopwatch.StartNew();
            var outcome = await new RunImport(database, TimeProvider.System, Retention.Default).ReadAsync(new MemoryStream(Signed(text)), default);
            Assert.True(since.Elapsed < Limit);
            Assert.True(outcome.Error is null ^ outcome.Slug is null);
            Assert.True(outcome.Error is null || outcome.Error.Field.Length > 0);
            if (outcome.Error is not null) refused++;
            else if (!outcome.WasHere) imported++;
            if (outcome.Error is null)
            {
                await LookAsync(outcome.Slug!);
                await database.ExecuteAsync("delete from runs");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"imports: {count} fed, {refused} refused with line and field, {imported} good all the same");
        Assert.InRange(refused, count / 3, count);
    }

    // What was let in must be readable everywhere.
    private async Task LookAsync(string slug)
    {
        var queries = new ExportQueries(database);
        var run = (await queries.Run(slug, default))!;
        await new RunExport(queries).WriteAsync(run, new MemoryStream(), default);
        await queries.Latencies(run.Id, default);
        Assert.Single((await new RunsQueries(database, TimeProvider.System).Page(new RunsFilter(), default)).Rows);
    }

    private static byte[] Signed(byte[] lines)
    {
        using var file = new MemoryStream();
        using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(lines);
            zip.Write(Encoding.UTF8.GetBytes($"{{\"facts\":{lines.Count(b => b == '\n') - 1},\"sha256\":\"{Convert.ToHexStringLower(SHA256.HashData(lines))}\"}}\n"));
        }
        return file.ToArray();
    }
}
