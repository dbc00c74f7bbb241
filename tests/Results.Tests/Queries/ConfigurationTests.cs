using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Queries;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public sealed class ConfigurationTests : IAsyncLifetime
{
    private static readonly Definition Bottle = new() { Target = "uwsgi-http/bottle", Workers = 8, Options = new Dictionary<string, string> { ["pool"] = "4" } };
    private TestDatabase _database = null!;
    private ConfigurationQueries _queries = null!;
    private ConfigurationEdits _edits = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _queries = new ConfigurationQueries(_database);
        _edits = new ConfigurationEdits(_database, new StoppedClock(Stored.Noon));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_new_one_is_listed_with_its_runs_and_the_last_that_ended()
    {
        var saved = (await _edits.Create("  Base line ", Bottle, default)).Value!;
        await _edits.Create("another", Bottle, default);
        await _database.KeepAll(
        [
            Stored.Run("a/x", 5, configuration: saved.Id, version: 1, p99: 31), Stored.Run("a/x", 9, configuration: saved.Id, version: 1),
            Stored.Run("a/x", 1, RunState.Measuring, configuration: saved.Id), Stored.Run("a/x", 2, configuration: saved.Id, deleted: Stored.Noon),
        ]);

        var rows = await _queries.All(archived: false, default);

        Assert.Equal(["another", "Base line"], rows.Select(r => r.Name).Order(StringComparer.OrdinalIgnoreCase));
        var row = rows.Single(r => r.Id == saved.Id);
        Assert.Equal((3, 1, 31.0), (row.Runs, row.Version, row.Last!.P99));
        Assert.Equal("4", row.Definition.Options["pool"]);
        Assert.Equal(3, (await _queries.RunsOf(saved.Id, default)).Count);
        Assert.Null(rows.Single(r => r.Name == "another").Last);
    }

    [Fact]
    public async Task A_name_in_use_is_refused_and_nothing_changes()
    {
        await _edits.Create("base", Bottle, default);
        var other = (await _edits.Create("other", Bottle, default)).Value!;

        Assert.Contains("taken", (await _edits.Create("base", Bottle, default)).Error!.Allowed, StringComparison.Ordinal);
        Assert.Contains("taken", (await _edits.Change(other.Id, 1, "base", Bottle with { Workers = 2 }, default)).Error!.Allowed, StringComparison.Ordinal);
        var kept = await _queries.One(other.Id, default);
        Assert.Equal(("other", 1, 8), (kept!.Name, kept.Version, kept.Definition.Workers));
    }

    [Fact]
    public async Task A_copy_of_a_long_name_is_cut_between_its_characters()
    {
        var long_ = (await _edits.Create(new string('a', ConfigurationEdits.LongestName - 10) + "😀😀", Bottle, default)).Value!;

        var copy = (await _edits.Duplicate(long_.Id, default)).Value!;

        Assert.Equal(new string('a', ConfigurationEdits.LongestName - 10) + " copy", copy.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("two\nlines")]
    public async Task A_name_that_is_none_is_refused(string name) => Assert.Equal("name", (await _edits.Create(name, Bottle, default)).Error!.Field);

    [Fact]
    public async Task A_changed_definition_is_a_new_version_and_old_runs_keep_theirs()
    {
        var saved = (await _edits.Create("base", Bottle, default)).Value!;
        var run = await _database.Keep(Stored.Run(configuration: saved.Id, version: 1));

        var changed = await _edits.Change(saved.Id, 1, "base", Bottle with { Workers = 4 }, default);
        var renamed = await _edits.Change(saved.Id, 2, "renamed", Bottle with { Workers = 4 }, default);

        Assert.Equal((2, 2), (changed.Value!.Version, renamed.Value!.Version));
        var row = Assert.Single(await _queries.RunsOf(saved.Id, default));
        Assert.Equal((run.Slug, 1), (row.Slug, row.ConfigurationVersion));
    }

    [Fact]
    public async Task An_edit_that_began_from_an_older_version_is_refused()
    {
        var saved = (await _edits.Create("base", Bottle, default)).Value!;
        await _edits.Change(saved.Id, 1, "base", Bottle with { Workers = 4 }, default);

        var late = await _edits.Change(saved.Id, 1, "base", Bottle with { Workers = 6 }, default);

        Assert.Equal("version", late.Error!.Field);
        Assert.Equal(4, (await _queries.One(saved.Id, default))!.Definition.Workers);
    }

    [Fact]
    public async Task Copies_get_names_of_their_own()
    {
        var saved = (await _edits.Create("base", Bottle, default)).Value!;

        Assert.Equal("base copy", (await _edits.Duplicate(saved.Id, default)).Value!.Name);
        Assert.Equal("base copy 2", (await _edits.Duplicate(saved.Id, default)).Value!.Name);
        Assert.NotNull((await _edits.Duplicate(Guid.NewGuid(), default)).Error);
        var longest = (await _edits.Create(new string('n', ConfigurationEdits.LongestName), Bottle, default)).Value!;
        Assert.Null((await _edits.Duplicate(longest.Id, default)).Error);
    }

    [Fact]
    public async Task An_archived_one_comes_back_unless_its_name_was_taken()
    {
        var saved = (await _edits.Create("base", Bottle, default)).Value!;

        Assert.True(await _edits.Archive(saved.Id, default));
        Assert.False(await _edits.Archive(saved.Id, default));
        Assert.Empty(await _queries.All(archived: false, default));
        Assert.Single(await _queries.All(archived: true, default));
        Assert.Null((await _edits.Restore(saved.Id, default)).Error);

        await _edits.Archive(saved.Id, default);
        await _edits.Create("base", Bottle, default);
        Assert.Equal("name", (await _edits.Restore(saved.Id, default)).Error!.Field);
        Assert.NotNull((await _queries.One(saved.Id, default))!.ArchivedAt);
    }
}
