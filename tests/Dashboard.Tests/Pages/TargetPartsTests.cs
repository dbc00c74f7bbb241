using Wobble.Dashboard.Components.Pages.Targets;
using Wobble.Results.Domain;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

/// <summary>Targets taken apart again: each server, app and option once.</summary>
public sealed class TargetPartsTests
{
    private static readonly Catalogue Catalogue = SamplePlans.Catalogue;

    [Fact]
    public void Servers_stand_by_class_with_what_they_can_serve()
    {
        var servers = TargetParts.Servers(Catalogue);

        Assert.Equal(["uwsgi-http", "uwsgi-uwsgi", "gunicorn-meinheld", "gunicorn-gevent", "uvicorn", "daphne"], servers.Select(s => s.Name));
        Assert.Equal(["bottle", "flask"], servers[0].Targets.Select(t => t.App));
        Assert.Equal(("uwsgi-http serves.", "2.0.21"), (servers[0].About, servers[0].Version));
        // What isn't installed has no version.
        Assert.Null(servers.Single(s => s.Name == "gunicorn-meinheld").Version);
    }

    [Fact]
    public void A_server_made_of_packages_says_theirs_and_an_app_never_those_of_its_helpers()
    {
        var uwsgi = Catalogue.Targets[0] with { Versions = new Dictionary<string, string> { ["uwsgi-core"] = "2.0.21", ["uwsgi-plugin-python3"] = "2.0.20", ["psycopg2"] = "2.9.5", ["python"] = "3.11.2", ["ujson"] = "5.7.0" } };
        var other = uwsgi with { Name = "uwsgi-http/flask", App = "flask", Versions = uwsgi.Versions.Where(v => v.Key != "ujson").ToDictionary() };
        var catalogue = Catalogue with { Targets = [uwsgi, other] };

        Assert.Equal("uwsgi-core 2.0.21, uwsgi-plugin-python3 2.0.20", TargetParts.Servers(catalogue)[0].Version);
        Assert.All(TargetParts.Apps(catalogue), app => Assert.Null(app.Version));
    }

    [Fact]
    public void Apps_stand_with_the_servers_that_serve_them()
    {
        var apps = TargetParts.Apps(Catalogue);

        Assert.Equal(["bottle", "flask", "starlette"], apps.Select(a => a.Name));
        Assert.Equal(["uvicorn", "daphne"], apps[2].Targets.Select(t => t.Server));
        Assert.Equal(("starlette answers.", "0.12.23"), (apps[2].About, apps[2].Version));
    }

    [Fact]
    public void An_option_is_said_once_for_all_who_have_it_so()
    {
        var options = TargetParts.Options(Catalogue);

        Assert.Equal(
            [("driver", "starlette", "aiopg, asyncpg"), ("driver", "bottle, flask", "psycopg2"), ("loop", "starlette", "auto, asyncio, uvloop"), ("pool", "bottle, flask", "4; 1 to 100")],
            options.Select(o => (o.Name, o.Of, o.Values)).OrderBy(o => o.Name, StringComparer.Ordinal).ThenBy(o => o.Values, StringComparer.Ordinal));
    }

    [Fact]
    public void An_option_of_every_target_is_one_of_all()
    {
        TargetOption Backlog(string about) => new("backlog", "2048", [], 1, 4_096, about);
        var catalogue = Catalogue with { Targets = [.. Catalogue.Targets.Select(t => t with { Options = [Backlog($"Connections that may wait; its own default is {t.Server.Length}")] })] };

        var backlog = Assert.Single(TargetParts.Options(catalogue));

        Assert.Equal(("all", "2048; 1 to 4,096", "Connections that may wait"), (backlog.Of, backlog.Values, backlog.About));
    }
}
