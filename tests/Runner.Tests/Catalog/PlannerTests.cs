using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Tests.Catalog;

public sealed class PlannerTests : IDisposable
{
    private readonly DataFolder data = new(Directory.CreateTempSubdirectory("wobble-data-").FullName);

    public void Dispose() => Directory.Delete(data.Root, recursive: true);

    [Fact]
    public async Task A_plan_has_every_default_filled_in()
    {
        var plan = await PlanAsync(new Definition { Target = "uwsgi-http/bottle" });

        Assert.Equal((4 * Environment.ProcessorCount, 100, TimeSpan.FromSeconds(10)), (plan.Definition.Workers, plan.Definition.Connections, plan.Definition.For));
        Assert.Equal($"backlog=2048 driver=psycopg2 pool={Math.Clamp(20 / (4 * Environment.ProcessorCount), 1, 4)} proxy_keepalive=off", string.Join(' ', plan.Definition.Options.Select(o => $"{o.Key}={o.Value}")));
        Assert.Equal($"session:{Math.Max(20, 4 * Environment.ProcessorCount)}", plan.Definition.Pooler);
        Assert.Equal(["postgresql", "pgbouncer", "uwsgi-http", "nginx"], plan.Components.Select(c => c.Name));
        Assert.Equal(("127.0.0.1", 8000, 100, 7L), (plan.Load.Host, plan.Load.Port, plan.Load.Connections, plan.Load.Seed));
        Assert.Equal(plan.Nonce, plan.Load.Nonce);
        Assert.Equal(plan.Nonce, plan.Components[2].Environment["WOBBLE_NONCE"]);
    }

    [Theory]
    [InlineData("uvicorn/starlette", 1)]
    [InlineData("gunicorn-gevent/flask", 4)]
    public async Task Workers_are_one_or_four_a_core_by_class(string target, int perCore) =>
        Assert.Equal(perCore * Environment.ProcessorCount, (await PlanAsync(new Definition { Target = target })).Definition.Workers);

    [Theory]
    [InlineData(null, 500.0, null, 1000)]
    [InlineData(20, 500.0, null, 20)]
    [InlineData(null, null, "5s@10,5s@50", 50)]
    [InlineData(null, null, "5s@100/s", 1000)]
    public async Task Connections_follow_the_kind_of_load(int? asked, double? rate, string? stages, int connections)
    {
        var plan = await PlanAsync(new Definition { Target = "uwsgi-http/bottle", Connections = asked, Rate = rate, Stages = stages });

        Assert.Equal((connections, stages is null ? TimeSpan.FromSeconds(10) : null), (plan.Load.Connections, plan.Load.For));
    }

    [Fact]
    public async Task The_stack_is_in_the_order_it_starts_and_knows_its_sandbox()
    {
        var plan = await PlanAsync(new Definition { Target = "uwsgi-http/bottle", Workers = 8 });

        Assert.Equal(["/usr/lib/postgresql/15/bin/postgres", "-D", "/cluster/data", "-c", "listen_addresses=127.0.0.1", "-c", "port=5432", "-c", "unix_socket_directories=/run/wobble", "-c", "max_connections=100", "-c", "autovacuum=off", "-c", "logging_collector=off", "-c", "log_destination=stderr"], plan.Components[0].Command);
        Assert.Equal(["/usr/sbin/pgbouncer", "/run/wobble/pgbouncer.ini"], plan.Components[1].Command);
        Assert.Equal(["/usr/bin/uwsgi", "--plugin", "python3", "--http-socket", "127.0.0.1:8001", "--master", "--processes", "8", "--disable-logging", "--add-header", "Connection: close", "--listen", "2048", "--wsgi", "app:app"], plan.Components[2].Command);
        Assert.Equal(["/usr/sbin/nginx", "-e", "stderr", "-p", "/run/wobble", "-c", "/run/wobble/nginx.conf"], plan.Components[3].Command);
        Assert.Equal(8, plan.Components[2].Workers);
        Assert.Equal(new ReadyProbe("http", 8001, "/cpu?ms=0", TimeSpan.FromSeconds(30)), plan.Components[2].Ready);
        Assert.EndsWith("/TargetApps/apps/bottle", plan.Layout.AppSource, StringComparison.Ordinal);
        Assert.Equal("/app", plan.Layout.AppFolder);
        Assert.EndsWith("/TargetApps/shared", Assert.Single(plan.Layout.ReadOnlyFolders), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_component_gets_its_whole_environment_from_the_plan()
    {
        var plan = await PlanAsync(new Definition { Target = "uvicorn/starlette", Options = Options("driver=asyncpg,pool=7"), Pooler = "transaction" });

        var environment = plan.Components.Single(c => c.Kind == ComponentKind.Target).Environment;
        string shared = plan.Layout.ReadOnlyFolders[0];
        Assert.Equal(
            $"""
            HOME=/tmp
            LANG=C.UTF-8
            PATH=/usr/sbin:/usr/bin:/sbin:/bin
            PGDATABASE=wobble
            PGHOST=127.0.0.1
            PGPORT=6432
            PGUSER=app
            PYTHONDONTWRITEBYTECODE=1
            PYTHONPATH=/app:{shared}
            TZ=UTC
            WOBBLE_NONCE={plan.Nonce}
            WOBBLE_OPTION_BACKLOG=2048
            WOBBLE_OPTION_DRIVER=asyncpg
            WOBBLE_OPTION_HTTP=httptools
            WOBBLE_OPTION_LOOP=uvloop
            WOBBLE_OPTION_POOL=7
            WOBBLE_OPTION_PROXY_KEEPALIVE=off
            WOBBLE_POOLER=transaction
            """, string.Join('\n', environment.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}")));
    }

    [Fact]
    public async Task Nginx_speaks_http_1_0_to_one_upstream_and_keeps_no_connection_as_in_the_article()
    {
        var plan = await PlanAsync(new Definition { Target = "uwsgi-http/bottle" });

        Assert.Equal("""
            daemon off;
            worker_processes auto;
            worker_rlimit_nofile 2048;
            pid "/run/wobble/nginx.pid";
            error_log stderr warn;

            events {
                worker_connections 1024;
            }

            http {
                access_log off;
                sendfile on;
                tcp_nopush on;
                default_type application/octet-stream;
                keepalive_timeout 65s;
                keepalive_requests 1000000000;
                client_body_temp_path "/run/wobble/nginx-body";
                proxy_temp_path "/run/wobble/nginx-proxy";
                uwsgi_temp_path "/run/wobble/nginx-uwsgi";
                fastcgi_temp_path "/run/wobble/nginx-fastcgi";
                scgi_temp_path "/run/wobble/nginx-scgi";

                upstream target {
                    server 127.0.0.1:8001 max_fails=0;
                }

                server {
                    listen 127.0.0.1:8000 backlog=4096;
                    server_name _;

                    location / {
                        proxy_pass http://target;
                        proxy_http_version 1.0;
                        proxy_next_upstream off;
                        proxy_read_timeout 120s;
                    }
                }
            }

            """, plan.Components[^1].Files["nginx.conf"]);
    }

    [Theory]
    [InlineData("/srv/my data/runs/1", "/srv/my data/runs/1")]
    [InlineData("/srv/\"my\" data\\/1", "/srv/\\\"my\\\" data\\\\/1")]
    public void Nginx_reads_a_run_s_folder_of_any_name_as_one_word(string folder, string written)
    {
        string text = NginxConfiguration.Of(new NginxSettings { RunFolder = folder, Port = 8000, Upstreams = [8001], Protocol = "http", Connections = 10, KeepAlive = false });

        Assert.Contains($"pid \"{written}/nginx.pid\";\n", text, StringComparison.Ordinal);
        foreach (string name in (string[])["client_body_temp_path", "proxy_temp_path", "uwsgi_temp_path", "fastcgi_temp_path", "scgi_temp_path"])
            Assert.Contains($" {name} \"{written}/nginx-", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nginx_keeps_connections_speaks_uwsgi_and_shares_out_where_asked()
    {
        string kept = (await PlanAsync(new Definition { Target = "uvicorn/starlette", Options = Options("proxy_keepalive=on") })).Components[^1].Files["nginx.conf"];
        string uwsgi = (await PlanAsync(new Definition { Target = "uwsgi-uwsgi/bottle" })).Components[^1].Files["nginx.conf"];
        string shared = (await PlanAsync(new Definition { Target = "daphne/starlette", Workers = 3, Connections = 5000 })).Components[^1].Files["nginx.conf"];

        Assert.Contains("        keepalive 256;\n        keepalive_requests 1000000000;\n", kept, StringComparison.Ordinal);
        Assert.Contains("            proxy_http_version 1.1;\n            proxy_set_header Connection \"\";\n", kept, StringComparison.Ordinal);
        Assert.Contains("            uwsgi_pass target;\n", uwsgi, StringComparison.Ordinal);
        Assert.Contains("            uwsgi_param QUERY_STRING $query_string;\n", uwsgi, StringComparison.Ordinal);
        Assert.DoesNotContain("proxy_pass", uwsgi, StringComparison.Ordinal);
        Assert.Contains("        server 127.0.0.1:8001 max_fails=0;\n        server 127.0.0.1:8002 max_fails=0;\n        server 127.0.0.1:8003 max_fails=0;\n", shared, StringComparison.Ordinal);
        Assert.Contains("    worker_connections 10256;\n", shared, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pgbouncer_comes_as_it_is_but_for_its_pool()
    {
        var plan = await PlanAsync(new Definition { Target = "uwsgi-http/bottle", Pooler = "transaction:35", Workers = 8 });

        Assert.Equal("\"app\" \"\"\n\"wobble\" \"\"\n", plan.Components[1].Files["userlist.txt"]);
        Assert.Equal("""
            [databases]
            wobble = host=127.0.0.1 port=5432 dbname=wobble

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = 6432
            unix_socket_dir =
            auth_type = trust
            auth_file = /run/wobble/userlist.txt
            admin_users = wobble
            pool_mode = transaction
            default_pool_size = 35
            max_client_conn = 1000
            log_connections = 0
            log_disconnections = 0
            log_stats = 0

            """, plan.Components[1].Files["pgbouncer.ini"]);
    }

    [Theory]
    [InlineData("uvicorn/starlette", "session:20", 2, "", "10", false)]
    [InlineData("uvicorn/starlette", "session:20", 5, "", "4", false)]
    [InlineData("uvicorn/starlette", "session:20", 5, "pool=10", "10", true)]
    [InlineData("uvicorn/starlette", "transaction:20", 5, "pool=10", "10", false)]
    [InlineData("uvicorn/starlette", "none", 5, "", "10", false)]
    [InlineData("uwsgi-http/bottle", "session:20", 16, "pool=4", "4", false)]
    [InlineData("uwsgi-http/bottle", "session:20", 21, "", "1", true)]
    [InlineData("uwsgi-http/bottle", "session", 32, "", "1", false)]
    [InlineData("gunicorn-gthread/flask", "session:20", 8, "", "2", false)]
    [InlineData("gunicorn-gthread/flask", "session:20", 8, "pool=4", "4", true)]
    [InlineData("gunicorn-gevent/flask", "session:20", 8, "pool=10", "10", false)]
    [InlineData("gunicorn-gevent/flask", "session:20", 8, "pool=10,wait_callback=on", "10", true)]
    [InlineData("gunicorn-gevent/flask", "session:20", 8, "pool=10,driver=psycopg", "10", true)]
    public async Task With_session_pooling_the_default_pool_leaves_nobody_waiting_and_a_given_one_is_warned_of(string target, string pooler, int workers, string options, string pool, bool warns)
    {
        var plan = await PlanAsync(new Definition { Target = target, Pooler = pooler, Workers = workers, Options = Options(options) });

        Assert.Equal(pool, plan.Definition.Options["pool"]);
        Assert.Equal(warns, plan.Warnings.Count == 1);
    }

    [Fact]
    public async Task The_warning_says_how_many_connections_wait_for_how_many() =>
        Assert.Equal(
            ["5 workers may open 50 connections, and with session pooling only 20 of them get one to the database: the others wait until one of those leaves, and their requests hang."],
            (await PlanAsync(new Definition { Target = "uvicorn/starlette", Pooler = "session:20", Workers = 5, Options = Options("pool=10") })).Warnings);

    [Theory]
    [InlineData("none", 8, "pool=50", 410)]
    [InlineData("none", 8, "pool=4", 100)]
    [InlineData("session:20", 200, "pool=50", 100)]
    [InlineData("session:500", 8, "pool=4", 510)]
    public async Task Postgresql_has_room_for_all_who_connect_to_it(string pooler, int workers, string options, int connections)
    {
        var plan = await PlanAsync(new Definition { Target = "uwsgi-http/bottle", Pooler = pooler, Workers = workers, Options = Options(options) });

        Assert.Contains($"max_connections={connections}", plan.Components[0].Command);
    }

    [Fact]
    public async Task Without_proxy_and_pooler_the_load_goes_to_the_target_and_the_target_to_the_database()
    {
        var plan = await PlanAsync(new Definition { Target = "uvicorn/starlette", Proxy = "none", Pooler = "none" });

        Assert.Equal(["postgresql", "uvicorn"], plan.Components.Select(c => c.Name));
        Assert.Equal(8001, plan.Load.Port);
        Assert.Equal("5432", plan.Components[1].Environment["PGPORT"]);
        Assert.DoesNotContain("nginx", plan.Versions.Keys);
        Assert.Contains("uvicorn", plan.Versions.Keys);
    }

    [Fact]
    public async Task A_server_of_one_process_each_becomes_as_many_components_as_workers()
    {
        var plan = await PlanAsync(new Definition { Target = "daphne/starlette", Workers = 3 });

        var targets = plan.Components.Where(c => c.Kind == ComponentKind.Target).ToList();
        Assert.Equal(["daphne", "daphne-2", "daphne-3"], targets.Select(t => t.Name));
        Assert.Equal([8001, 8002, 8003], targets.Select(t => t.Ready.Port));
        Assert.Contains("tcp:port=8003:interface=127.0.0.1:backlog=2048", targets[2].Command);
        Assert.All(targets, t => Assert.Equal(0, t.Workers));
    }

    [Theory]
    [InlineData("uvicorn/starlette", 1, 0)]
    [InlineData("uvicorn/starlette", 2, 2)]
    [InlineData("gunicorn/flask", 1, 1)]
    public async Task A_master_has_the_workers_that_its_server_makes(string target, int workers, int below) =>
        Assert.Equal(below, (await PlanAsync(new Definition { Target = target, Workers = workers })).Components.Single(c => c.Kind == ComponentKind.Target).Workers);

    [Theory]
    [InlineData("uvicorn/starlette", "loop=asyncio,http=h11", "--loop asyncio --http h11")]
    [InlineData("hypercorn/starlette", "loop=uvloop", "--worker-class uvloop")]
    [InlineData("aiohttp/aiohttp", "", "--worker-class aiohttp.GunicornWebWorker")]
    [InlineData("aiohttp/aiohttp", "loop=uvloop", "--worker-class aiohttp.GunicornUVLoopWebWorker")]
    [InlineData("gunicorn-gthread/flask", "threads=9", "--threads 9")]
    [InlineData("waitress/flask", "threads=9,backlog=50", "--backlog 50 --threads 9")]
    public async Task Options_become_arguments(string target, string options, string arguments)
    {
        var plan = await PlanAsync(new Definition { Target = target, Options = Options(options) });

        Assert.Contains(arguments, string.Join(' ', plan.Components.First(c => c.Kind == ComponentKind.Target).Command), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http_parser=python", true)]
    [InlineData("", false)]
    public async Task An_option_may_set_a_variable(string options, bool isSet)
    {
        var plan = await PlanAsync(new Definition { Target = "aiohttp/aiohttp", Options = Options(options) });

        Assert.Equal(isSet, plan.Components.First(c => c.Kind == ComponentKind.Target).Environment.ContainsKey("AIOHTTP_NO_EXTENSIONS"));
    }

    [Theory]
    [InlineData("uwsgi-uwsgi/bottle", "none", 2, "", "proxy: none is not allowed; uwsgi-uwsgi speaks the uwsgi protocol, which only nginx translates: use nginx")]
    [InlineData("daphne/starlette", "none", 2, "", "workers: 2 is not allowed; 1 without a proxy: daphne is one process a worker, and more than one needs nginx to share the requests out")]
    [InlineData("uwsgi-http/bottle", "nginx", 2, "loop=uvloop", "options.loop: uvloop is not allowed; uwsgi-http/bottle has backlog, driver, pool, proxy_keepalive")]
    [InlineData("uvicorn/starlette", "nginx", 2, "driver=psycopg2", "options.driver: psycopg2 is not allowed; aiopg, asyncpg, psycopg")]
    [InlineData("uvicorn/starlette", "nginx", 2, "pool=0", "options.pool: 0 is not allowed; a whole number from 1 to 100")]
    [InlineData("uvicorn/starlette", "none", 2, "proxy_keepalive=on", "options.proxy_keepalive: on is not allowed; off without a proxy: it is a switch of nginx")]
    [InlineData("gunicorn-gevent/flask", "nginx", 2, "wait_callback=on,driver=psycopg", "options.wait_callback: on is not allowed; off unless driver is psycopg2 (it is psycopg): it would change nothing")]
    [InlineData("uwsgi/bottle", "nginx", 2, "", "target: uwsgi/bottle is not allowed; no such target; near it: gunicorn/bottle, gunicorn-gthread/bottle, uwsgi-http/bottle, uwsgi-uwsgi/bottle, waitress/bottle, gunicorn-gevent/bottle")]
    public async Task What_cannot_be_planned_is_refused_field_by_field(string target, string proxy, int workers, string options, string error)
    {
        var definition = new Definition { Target = target, Proxy = proxy, Workers = workers, Options = Options(options) };

        var refused = await Assert.ThrowsAsync<PlanRefusedException>(() => PlanAsync(definition));

        Assert.Equal([error], refused.Errors.Select(e => e.ToString()));
    }

    [Fact]
    public async Task Every_target_that_is_here_can_be_planned_and_its_plan_survives_json()
    {
        var loaded = await new CatalogueReader(data, []).ReadAsync();

        foreach (var target in loaded.Catalogue.Targets.Where(t => t.Unavailable is null && t.Note is null))
        {
            var plan = Planner.Plan(new Definition { Target = target.Name, Workload = "mixed", Requests = 1000 }, loaded, StackLayouts.Sandboxed());
            string json = JsonSerializer.Serialize(plan, WobbleJson.Options);

            Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<Plan>(json, WobbleJson.Options), WobbleJson.Options));
            Assert.All(plan.Components.SelectMany(c => c.Command), word => Assert.DoesNotMatch("[{}]", word));
        }
    }

    [Theory]
    [InlineData("row", 10_000)]
    [InlineData("slow-tail", 10_200)]
    [InlineData("slow:30000", 40_000)]
    public async Task A_request_that_is_meant_to_be_slow_has_its_own_time_on_top_of_the_deadline(string workload, int ms) =>
        Assert.Equal(ms, (await PlanAsync(new Definition { Target = "uwsgi-http/bottle", Workload = workload })).Load.Deadline.TotalMilliseconds);

    private async Task<Plan> PlanAsync(Definition definition) => Planner.Plan(definition, await new CatalogueReader(data, []).ReadAsync(), StackLayouts.Sandboxed(), seed: 7);

    private static Dictionary<string, string> Options(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=')).ToDictionary(o => o[0], o => o[1]);
}
