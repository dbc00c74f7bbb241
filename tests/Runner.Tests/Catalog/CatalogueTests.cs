using System.Diagnostics;
using Wobble.Results.Domain;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Catalog;

public sealed class CatalogueTests : IDisposable
{
    private readonly TargetFolderBuilder folder = new();
    private readonly DataFolder data = new(Directory.CreateTempSubdirectory("wobble-data-").FullName);

    public void Dispose()
    {
        folder.Dispose();
        Directory.Delete(data.Root, recursive: true);
    }

    [Fact]
    public async Task Every_manifest_of_Wobble_loads_and_each_server_meets_each_app_of_its_interface()
    {
        var catalogue = (await new CatalogueReader(data, []).ReadAsync()).Catalogue;

        Assert.Empty(catalogue.Broken);
        Assert.Equal(38, catalogue.Targets.Count);
        Assert.Equal(["aiohttp", "asgi", "wsgi"], catalogue.Targets.Select(t => t.Interface).Distinct().Order());
        Assert.All(catalogue.Targets, t => Assert.DoesNotContain("..", t.About!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_articles_rows_are_targets_in_its_order_with_its_figures()
    {
        var catalogue = (await new CatalogueReader(data, []).ReadAsync()).Catalogue;

        Assert.Equal(13, catalogue.Article.Count);
        Assert.All(catalogue.Article, row => Assert.NotNull(catalogue.Find(row.Target)));
        Assert.Equal(new ArticleRow("gunicorn-meinheld/falcon", 16, 17, 31, 5589), catalogue.Article[0]);
        Assert.Equal(new ArticleRow("daphne/starlette", 5, 20, 364, 2678), catalogue.Article[12]);
        Assert.Equal(catalogue.Article.OrderBy(r => r.P99Ms).Select(r => r.P99Ms), catalogue.Article.Select(r => r.P99Ms));
    }

    [Theory]
    [InlineData("uwsgi-http/bottle", TargetClass.Sync, false, false, "backlog driver pool proxy_keepalive")]
    [InlineData("uwsgi-uwsgi/bottle", TargetClass.Sync, true, false, "backlog driver pool")]
    [InlineData("gunicorn-gthread/flask", TargetClass.Sync, false, false, "backlog threads driver pool proxy_keepalive")]
    [InlineData("gunicorn-gevent/flask", TargetClass.Green, false, false, "backlog wait_callback driver pool proxy_keepalive")]
    [InlineData("gunicorn-meinheld/falcon", TargetClass.Green, false, false, "backlog wait_callback driver pool proxy_keepalive")]
    [InlineData("waitress/django", TargetClass.Sync, false, true, "backlog threads driver pool proxy_keepalive")]
    [InlineData("uvicorn/starlette", TargetClass.Async, false, false, "backlog loop http driver pool proxy_keepalive")]
    [InlineData("hypercorn/fastapi", TargetClass.Async, false, false, "backlog loop driver pool proxy_keepalive")]
    [InlineData("daphne/starlette", TargetClass.Async, false, true, "backlog driver pool proxy_keepalive")]
    [InlineData("aiohttp/aiohttp", TargetClass.Async, false, false, "backlog loop http_parser driver pool proxy_keepalive")]
    public async Task A_target_says_its_class_and_its_options(string name, TargetClass targetClass, bool needsProxy, bool oneProcessEach, string options)
    {
        var target = (await new CatalogueReader(data, []).ReadAsync()).Catalogue.Find(name)!;

        Assert.Equal((targetClass, needsProxy, oneProcessEach, options), (target.Class, target.NeedsProxy, target.OneProcessEach, string.Join(' ', target.Options.Select(o => o.Name))));
    }

    [Fact]
    public async Task A_users_server_meets_Wobbles_apps_and_a_users_app_meets_Wobbles_servers()
    {
        var catalogue = (await new CatalogueReader(data, [folder.Root]).ReadAsync()).Catalogue;

        Assert.Empty(catalogue.Broken);
        Assert.Equal(folder.Root, catalogue.Find("plain/flask")!.AddedFrom);
        Assert.Equal(folder.Root, catalogue.Find("uwsgi-http/mine")!.AddedFrom);
        Assert.NotNull(catalogue.Find("plain/mine"));
        Assert.Null(catalogue.Find("uwsgi-http/flask")!.AddedFrom);
    }

    [Fact]
    public async Task A_broken_manifest_is_listed_and_the_rest_works()
    {
        File.WriteAllText(folder.ServerFile, "{}");

        var catalogue = (await new CatalogueReader(data, [folder.Root]).ReadAsync()).Catalogue;

        Assert.Equal([new BrokenManifest(folder.ServerFile, "name", "is missing; text")], catalogue.Broken);
        Assert.NotNull(catalogue.Find("uwsgi-http/mine"));
    }

    [Fact]
    public async Task A_name_that_is_taken_and_a_folder_that_is_not_there_are_listed_as_broken()
    {
        Directory.Move(Path.Combine(folder.Root, "apps", "mine"), Path.Combine(folder.Root, "apps", "flask"));
        var app = TargetFolderBuilder.App();
        app["name"] = "flask";
        string file = Path.Combine(folder.Root, "apps", "flask", "app.json");
        File.WriteAllText(file, app.ToJsonString());

        var catalogue = (await new CatalogueReader(data, [folder.Root, "/nowhere/at/all"]).ReadAsync()).Catalogue;

        Assert.Equal([file, "/nowhere/at/all"], catalogue.Broken.Select(b => b.File));
        Assert.StartsWith("'flask' is taken by ", catalogue.Broken[0].Reason, StringComparison.Ordinal);
        Assert.Null(catalogue.Find("uwsgi-http/flask")!.AddedFrom);
    }

    [Fact]
    public async Task A_package_that_is_missing_makes_the_target_unavailable_and_says_how_to_get_it()
    {
        var server = TargetFolderBuilder.Server();
        server["packages"] = new System.Text.Json.Nodes.JsonArray("python3-wobble-nowhere");
        folder.WriteServer(server);

        var loaded = await new CatalogueReader(data, [folder.Root]).ReadAsync();

        Assert.Equal("not installed, because the Debian package python3-wobble-nowhere is missing: apt-get install python3-wobble-nowhere", loaded.Catalogue.Find("plain/flask")!.Unavailable);
        Assert.Contains("python3-wobble-nowhere", loaded.InstallLine!, StringComparison.Ordinal);
        Assert.Null(loaded.Catalogue.Find("uwsgi-http/mine")!.Unavailable);
    }

    [Fact]
    public async Task An_app_says_which_servers_it_cannot_run_under()
    {
        var app = TargetFolderBuilder.App();
        app["not_under"] = new System.Text.Json.Nodes.JsonObject { ["waitress"] = "it needs more" };
        folder.WriteApp(app);

        var catalogue = (await new CatalogueReader(data, [folder.Root]).ReadAsync()).Catalogue;

        Assert.Equal("not usable, because it needs more", catalogue.Find("waitress/mine")!.Unavailable);
        Assert.Null(catalogue.Find("uwsgi-http/mine")!.Unavailable);
    }

    [Fact]
    public async Task A_folder_that_the_stacks_user_cannot_read_makes_its_targets_unavailable()
    {
        Assert.SkipUnless(StackUser.IsNeeded && StackUser.Exists, "only root runs the stack as another user");
        string source = Path.Combine(folder.Root, "apps", "mine", "app.py");
        File.SetUnixFileMode(source, UnixFileMode.UserRead);

        var catalogue = (await new CatalogueReader(data, [folder.Root]).ReadAsync()).Catalogue;

        Assert.Equal($"not readable, because the user wobble-run, who runs the stack, can't read {source}", catalogue.Find("uwsgi-http/mine")!.Unavailable);
    }

    [Fact]
    public async Task Reading_the_catalogue_is_quick()
    {
        var reader = new CatalogueReader(data, [folder.Root]);
        await reader.ReadAsync();

        var since = Stopwatch.StartNew();
        await reader.ReadAsync();

        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
