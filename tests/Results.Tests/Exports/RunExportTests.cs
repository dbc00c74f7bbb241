using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Experiments;
using Wobble.Results.Exports;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Exports;

public sealed class RunExportTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly StoredRuns _runs = new(database);

    public static TheoryData<string> Shapes => [.. Builders.Keys];

    private static readonly Dictionary<string, FactsBuilder> Builders = new()
    {
        ["closed loop"] = new() { PerSecond = 200, Logs = [new("nginx", "größer \0 \u2028"), new("uwsgi-http", new string('x', 300_000))] },
        ["open loop of a mix"] = new() { Definition = new Definition { Target = "uvicorn/starlette", Rate = 500, Workload = "mixed", For = TimeSpan.FromSeconds(3), Warmup = TimeSpan.FromSeconds(1) }, ErrorsPerSecond = new Dictionary<string, long> { ["timeout"] = 2 }, Leftovers = ["uvicorn (31)"] },
        ["a log that was cut, of pairs of surrogates"] = new() { PerSecond = 50, Logs = [new("nginx", string.Concat(Enumerable.Repeat("🐎", 262_200)))] },
        ["failed"] = new() { PerSecond = 50, End = RunState.Failed },
        ["cancelled"] = new() { PerSecond = 50, End = RunState.Cancelled },
    };

    [Theory, MemberData(nameof(Shapes))]
    public async Task A_run_imported_elsewhere_is_the_same_run(string shape)
    {
        var run = await _runs.RecordAsync(Builders[shape], tags: ["baseline"], notes: "=HYPERLINK(1) <b>");
        byte[] file = await ExportAsync(run);
        await using var elsewhere = await TestDatabase.CreateAsync();

        var outcome = await ImportAsync(elsewhere, file);

        Assert.Equal(new ImportOutcome(run.Slug, false, null, null), outcome);
        Assert.Equal(await StoryAsync(database, run.Id), await StoryAsync(elsewhere, run.Id));
        Assert.Equal(file, await ExportAsync(await new StoredRuns(elsewhere).FindAsync(run.Id), elsewhere));
    }

    [Fact]
    public async Task A_run_that_was_cancelled_before_it_began_goes_along()
    {
        var run = await _runs.QueuedAsync();
        await database.ExecuteAsync($"update runs set state = 'cancelled', finished_at = now(), failure = 'Cancelled on request.' where id = '{run.Id}'");
        await using var elsewhere = await TestDatabase.CreateAsync();

        await ImportAsync(elsewhere, await ExportAsync(await _runs.FindAsync(run.Id)));

        var there = await new StoredRuns(elsewhere).FindAsync(run.Id);
        Assert.Equal((RunState.Cancelled, "Cancelled on request."), (there.State, there.Failure));
    }

    [Fact]
    public async Task The_same_file_twice_is_one_run_and_changes_nothing()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 50 });
        byte[] file = await ExportAsync(run);
        await using var elsewhere = await TestDatabase.CreateAsync();
        await ImportAsync(elsewhere, file);
        await elsewhere.ExecuteAsync("update runs set notes = 'mine'");
        string before = await StoryAsync(elsewhere, run.Id);

        var again = await ImportAsync(elsewhere, file);

        Assert.Equal(new ImportOutcome(run.Slug, true, null, null), again);
        Assert.Equal(before, await StoryAsync(elsewhere, run.Id));
    }

    [Theory]
    [InlineData(true, false, "It was deleted here: bring it back on the page Housekeeping.")]
    [InlineData(false, true, "It was deleted here with its experiment: bring that back on the page Housekeeping, and it comes with it.")]
    [InlineData(true, true, "It was deleted here, and its experiment, too: bring that back first on the page Housekeeping, then this run.")]
    public async Task One_that_was_deleted_here_says_how_it_comes_back(bool alone, bool withExperiment, string note)
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 50 });
        byte[] file = await ExportAsync(run);
        await using var elsewhere = await TestDatabase.CreateAsync();
        await ImportAsync(elsewhere, file);
        var experiment = await new StoredExperiments(elsewhere).PlayAsync(Making.Compare(["a/x", "b/x"], new Definition { Target = "" }, new Catalogue(), 3, 1), _ => (30, 4_000));
        await elsewhere.ExecuteAsync($"update runs set experiment_id = '{experiment.Id}' where id = '{run.Id}'");
        if (alone) await new RunEdits(elsewhere, TimeProvider.System, Retention.Default).Delete([run.Id], default);
        if (withExperiment) await new ExperimentEdits(elsewhere, TimeProvider.System, Retention.Default).Delete(experiment.Slug, default);

        Assert.Equal(new ImportOutcome(run.Slug, true, note, null), await ImportAsync(elsewhere, file));
    }

    [Fact]
    public async Task A_run_that_retention_would_delete_at_once_is_pinned_and_that_is_told()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 50, Start = DateTimeOffset.UtcNow.AddDays(-31) });
        byte[] file = await ExportAsync(run);
        await using var elsewhere = await TestDatabase.CreateAsync();
        await using var later = await TestDatabase.CreateAsync();
        var retention = new Retention(30, null, 7);

        var outcome = await ImportAsync(elsewhere, file, retention);
        await ImportAsync(later, file, retention with { KeepDays = 32 });

        Assert.Equal("It is pinned: retention would delete it otherwise.", outcome.Note);
        Assert.Equal(0, await new Results.Housekeeping.Housekeeper(elsewhere, TimeProvider.System).ExpireAsync(retention, default));
        Assert.Equal((true, false), ((await new StoredRuns(elsewhere).FindAsync(run.Id)).Pinned, (await new StoredRuns(later).FindAsync(run.Id)).Pinned));
    }

    [Fact]
    public async Task A_run_that_goes_on_is_not_exported()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { End = null, PerSecond = 50 });

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => ExportAsync(run));

        Assert.Contains("measuring", refusal.Message);
    }

    [Fact]
    public async Task A_verdict_is_computed_here_and_a_claimed_one_is_told()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 50 });
        await using var elsewhere = await TestDatabase.CreateAsync();

        var outcome = await ImportAsync(elsewhere, await ChangedAsync(run, (line, i) => { if (i == 0) line["verdict"] = "splendid"; }));

        Assert.Contains("was splendid where it came from", outcome.Note);
        Assert.NotEqual("splendid", (await new StoredRuns(elsewhere).FindAsync(run.Id)).TrustVerdict);
    }

    public static readonly TheoryData<string, int, string, string?> Hostile = new()
    {
        // What it is, which line (-1: the last sample, -2: the end), the path, the value as JSON (null: taken out).
        { "a format of tomorrow", 0, "wobble_run", "2" },
        { "a slug with a slash", 0, "slug", "\"../../../etc/passwd///\"" },
        { "no slug", 0, "slug", null },
        { "a slug that is null", 0, "slug", "null" },
        { "an id that is none", 0, "id", "\"x\"" },
        { "a definition that is null", 0, "definition", "null" },
        { "a target that is null", 0, "definition.target", "null" },
        { "a long target", 0, "definition.target", "\"" + new string('t', 200) + "\"" },
        { "a null among the tags", 0, "tags", "[null]" },
        { "a NUL in the notes", 0, "notes", "\"a\\u0000b\"" },
        { "long notes", 0, "notes", "\"" + new string('n', 10_001) + "\"" },
        { "a runner's name that is none", 0, "runner", "\"<script>\"" },
        { "a time of tomorrow's world", 0, "created_at", "\"9999-01-01T00:00:00Z\"" },
        { "a component that is null", 1, "plan.components", "[null]" },
        { "an environment of nulls", 1, "plan.versions", "{\"nginx\":null}" },
        { "no load", 1, "plan.load", null },
        { "minus one connections", 1, "plan.load.connections", "-1" },
        { "another fact", 1, "fact", "\"drop\"" },
        { "no seconds at all", -1, "length", "0" },
        { "a second before the first", -1, "second", "-1" },
        { "fewer than no requests", -1, "kinds[0].requests", "-5" },
        { "more requests than there are", -1, "kinds[0].requests", "9223372036854775807" },
        { "an error of fewer than none", -1, "kinds[0].errors", "{\"timeout\":-1}" },
        { "a histogram that is no histogram", -1, "kinds[0].latency", "\"AAAA\"" },
        { "a histogram that is null", -1, "kinds[0].latency", "null" },
        { "a number beyond numbers", -1, "generator.busy", "1e300" },
        { "a component without a name", -1, "components", "[{}]" },
        { "an end that is none", -2, "state", "\"measuring\"" },
        { "an end of a state unheard of", -2, "state", "\"won\"" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public async Task A_file_that_is_wrong_is_refused_with_its_line_and_field_and_leaves_nothing(string what, int line, string path, string? value)
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 20 });
        await using var elsewhere = await TestDatabase.CreateAsync();
        byte[] file = await ChangedAsync(run, (json, i) => { if (IsMeant(json, i, line)) Set(json, path, value); });

        var outcome = await ImportAsync(elsewhere, file);

        Assert.True(outcome.Error is not null, what);
        string field = path.Split('.', '[')[^1].TrimEnd(']');
        Assert.StartsWith("line ", outcome.Error.Field, StringComparison.Ordinal);
        Assert.True(outcome.Error.ToString().Contains(field == "0" ? "kinds" : path.Split('.', '[')[0], StringComparison.Ordinal) || outcome.Error.ToString().Contains(field, StringComparison.Ordinal), outcome.Error.ToString());
        await using var db = elsewhere.CreateDbContext();
        Assert.Equal(0, await db.Runs.CountAsync());
        Assert.Equal(0, await db.Samples.CountAsync());
    }

    [Fact]
    public async Task A_histogram_that_asks_for_the_whole_memory_is_refused_by_its_header()
    {
        // 3 digits, but up to 2^62 ns: the library would make room for it.
        byte[] plain = new byte[40];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(plain, 0x1c849313);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(12), 5);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(16), 1);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(24), long.MaxValue / 2);
        using var packed = new MemoryStream();
        packed.Write(new byte[8]);
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(plain);
        byte[] bytes = packed.ToArray();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, 0x1c849314);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), bytes.Length - 8);
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 20 });

        var outcome = await ImportAsync(database, await ChangedAsync(run, (json, i) => { if (IsMeant(json, i, -1)) Set(json, "kinds[0].latency", $"\"{Convert.ToBase64String(bytes)}\""); }));

        Assert.Contains("kinds.latency", outcome.Error?.Field);
    }

    [Fact]
    public async Task A_file_of_another_kind_cut_changed_or_swollen_is_refused()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 20 });
        byte[] file = await ExportAsync(run);
        string text = Unzipped(file);
        await using var elsewhere = await TestDatabase.CreateAsync();
        async Task<string> ErrorOf(byte[] bytes) => (await ImportAsync(elsewhere, bytes)).Error?.ToString() ?? "imported";

        Assert.Contains("empty", await ErrorOf(Zipped("")));
        Assert.Contains("file", await ErrorOf([1, 2, 3]));
        Assert.Contains("file", await ErrorOf(file[..(file.Length / 2)]));
        Assert.Contains("cut", await ErrorOf(Zipped(text[..text.LastIndexOf('\n', text.Length - 2)] + "\n")));
        Assert.Contains("sha256", await ErrorOf(Zipped(text.Replace("\"sent\":", "\"sent\": ", StringComparison.Ordinal))));
        Assert.Contains("nothing after", await ErrorOf(Zipped(text + "{}\n")));
        Assert.Contains("at most 4 MB", await ErrorOf(Zipped(new string(' ', 5_000_000) + text)));
        Assert.Contains("a slug and an id of one run", (await ImportAsync(database, await ChangedAsync(run, (json, i) => { if (i == 0) json["id"] = Guid.NewGuid().ToString(); }))).Error?.ToString());
    }

    [Fact]
    public async Task Whatever_bytes_are_changed_the_answer_is_an_error_or_the_run()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 10, Definition = new Definition { Target = "uwsgi-http/bottle", For = TimeSpan.FromSeconds(2), Warmup = TimeSpan.Zero } });
        byte[] text = Encoding.UTF8.GetBytes(Unzipped(await ExportAsync(run)));
        int trailer = Array.LastIndexOf(text, (byte)'\n', text.Length - 2) + 1;

        await Gen.Select(Gen.Int[0, trailer - 1], Gen.Byte).Array[1, 4].SampleAsync(async changes =>
        {
            byte[] changed = text[..trailer];
            foreach (var (at, value) in changes) changed[at] = value;
            await database.ExecuteAsync("delete from runs");
            var outcome = await ImportAsync(database, Signed(changed));
            Assert.True(outcome.Error is not null || outcome.Slug is not null);
        }, iter: 150, threads: 1);
    }

    private static bool IsMeant(JsonObject json, int i, int line) => line switch
    {
        -1 => (string?)json["fact"] == "sample" && (int)json["stage"]! > 0,
        -2 => (string?)json["fact"] == "end",
        _ => i == line,
    };

    private static void Set(JsonObject json, string path, string? value)
    {
        string[] parts = path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        JsonNode at = json;
        foreach (string part in parts[..^1]) at = at is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : at[part]!;
        if (value is null) ((JsonObject)at).Remove(parts[^1]);
        else at[parts[^1]] = JsonNode.Parse(value);
    }

    private Task<byte[]> ExportAsync(Run run) => ExportAsync(run, database);

    private static async Task<byte[]> ExportAsync(Run run, TestDatabase from)
    {
        using var file = new MemoryStream();
        await new RunExport(new ExportQueries(from)).WriteAsync(run, file, CancellationToken.None);
        return file.ToArray();
    }

    private static Task<ImportOutcome> ImportAsync(TestDatabase to, byte[] file, Retention? retention = null) => new RunImport(to, TimeProvider.System, retention ?? Retention.Default).ReadAsync(new MemoryStream(file), CancellationToken.None);

    // Changed and signed anew, as whoever forges a file would.
    private async Task<byte[]> ChangedAsync(Run run, Action<JsonObject, int> change)
    {
        var lines = Unzipped(await ExportAsync(run)).TrimEnd('\n').Split('\n')[..^1].Select((line, i) =>
        {
            var json = JsonNode.Parse(line)!.AsObject();
            change(json, i);
            return json.ToJsonString() + "\n";
        });
        return Signed(Encoding.UTF8.GetBytes(string.Concat(lines)));
    }

    private static byte[] Signed(byte[] lines) =>
        Zipped(lines, Encoding.UTF8.GetBytes($"{{\"facts\":{lines.Count(b => b == '\n') - 1},\"sha256\":\"{Convert.ToHexStringLower(SHA256.HashData(lines))}\"}}\n"));

    private static byte[] Zipped(string text) => Zipped(Encoding.UTF8.GetBytes(text));

    private static byte[] Zipped(params byte[][] parts)
    {
        using var file = new MemoryStream();
        using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true)) foreach (byte[] part in parts) zip.Write(part);
        return file.ToArray();
    }

    private static string Unzipped(byte[] file)
    {
        using var reader = new StreamReader(new GZipStream(new MemoryStream(file), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    // Everything that is kept of a run but what belongs to one database alone.
    private static async Task<string> StoryAsync(TestDatabase where, Guid runId)
    {
        await using var connection = new NpgsqlConnection(where.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""
            select concat_ws(E'\n',
                (select to_jsonb(r) - 'job_id' - 'configuration_id' - 'experiment_id' from runs r where r.id = @run)::text,
                (select jsonb_agg(to_jsonb(s) order by stage, number) from seconds s where run_id = @run)::text,
                (select jsonb_agg(to_jsonb(s) order by stage, second, kind) from samples s where run_id = @run)::text,
                (select jsonb_agg(to_jsonb(e) - 'id' - 'fact_number' order by at, fact_number) from events e where run_id = @run)::text,
                (select jsonb_agg(to_jsonb(l) - 'last_fact' order by component) from logs l where run_id = @run)::text)
            """, connection);
        command.Parameters.AddWithValue("run", runId);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
