using System.Net;
using System.Net.Sockets;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Runner.Tests.Load;

public sealed class LoadSessionTests
{
    private const string OkHead = "HTTP/1.1 200 OK\r\n";

    public static TheoryData<string> Engines => Loading.Engines;

    public static TheoryData<string, string> GoodAnswers()
    {
        var data = new TheoryData<string, string>();
        foreach (string engine in Loading.Engines.Select(e => e.Data))
        {
            data.Add(engine, OkHead + "Content-Length: 2\r\n\r\nok");
            data.Add(engine, OkHead + "Content-Length: 2\r\nConnection: close\r\n\r\nok|close");
            data.Add(engine, OkHead + "Content-Length: 2\r\nConnection: close\r\n\r\nok");
            data.Add(engine, OkHead + "\r\nuntil the end|close");
            data.Add(engine, "HTTP/1.0 200 OK\r\n\r\n|close");
            data.Add(engine, "HTTP/1.1 204 No Content\r\n\r\n");
            data.Add(engine, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
            data.Add(engine, "HTTP/1.1 100 Continue\r\n\r\n|" + OkHead + "Content-Length: 2\r\n\r\nok");
            data.Add(engine, OkHead + "Transfer-Encoding: chunked\r\n\r\n2\r\n|ok\r\n0\r\n|Trailer: x\r\n\r\n");
            data.Add(engine, string.Join('|', (OkHead + "Content-Length: 20\r\n\r\n01234567890123456789").Select(c => c.ToString())));
            data.Add(engine, OkHead + "Content-Length: 300000\r\n\r\n" + new string('x', 300_000));
        }
        return data;
    }

    private static Reply Script(string text)
    {
        var pieces = text.Split('|').ToList();
        return new Reply([.. pieces.Where(p => p is not ("close" or "reset"))], pieces.Contains("close"), pieces.Contains("reset"));
    }

    [Theory]
    [MemberData(nameof(GoodAnswers))]
    public void Good_answers_are_counted_as_such(string engine, string answer)
    {
        using var server = new ScriptedServer(Script(answer));

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine });

        Assert.Empty(loaded.Totals.Errors);
        Assert.True(loaded.Totals.Answered > 5, $"{loaded.Totals.Answered} answers");
        loaded.AssertEveryRequestIsAccountedFor();
    }

    public static TheoryData<string, string, string> BadAnswers()
    {
        var data = new TheoryData<string, string, string>();
        foreach (string engine in Loading.Engines.Select(e => e.Data))
        {
            data.Add(engine, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ErrorKinds.Status4xx);
            data.Add(engine, "HTTP/1.1 502 Bad Gateway\r\n\r\n|close", ErrorKinds.Status5xx);
            data.Add(engine, "close", ErrorKinds.Reset);
            data.Add(engine, "reset", ErrorKinds.Reset);
            data.Add(engine, OkHead + "Content-Length: 5\r\n\r\nhell|close", ErrorKinds.Reset);
            data.Add(engine, OkHead + "Content-Length: 5\r\n\r\nhell|reset", ErrorKinds.Reset);
            data.Add(engine, "SSH-2.0-OpenSSH_9.2\r\n", ErrorKinds.Malformed);
            data.Add(engine, OkHead + "Content-Length: two\r\n\r\n", ErrorKinds.Malformed);
            data.Add(engine, OkHead + "Content-Length: 2\r\n\r\nokok", ErrorKinds.Malformed);
            data.Add(engine, OkHead + "Content-Length: 2\r\n\r\nok" + OkHead, ErrorKinds.Malformed);
            data.Add(engine, OkHead + "Content-Length: 50\r\n\r\ntoo short", ErrorKinds.Timeout);
            data.Add(engine, "", ErrorKinds.Timeout);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public void Each_failure_is_counted_by_its_kind(string engine, string answer, string kind)
    {
        using var server = new ScriptedServer(Script(answer));
        var plan = Loading.Plan(server.Port) with { Engine = engine };

        var loaded = Loading.Run(kind == ErrorKinds.Timeout ? plan with { Deadline = TimeSpan.FromMilliseconds(50) } : plan);

        Assert.Equal([kind], loaded.Totals.Errors.Keys);
        Assert.Equal(0, loaded.Totals.Answered);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_port_where_nobody_listens_gives_errors_and_costs_no_core(string engine)
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var loaded = Loading.Run(Loading.Plan(((IPEndPoint)nobody.LocalEndPoint!).Port) with { Engine = engine, KeepAlive = false, Connections = 10 });

        Assert.Equal([ErrorKinds.Connect], loaded.Totals.Errors.Keys);
        // 10 slots that wait 10 ms after each failure make 300 attempts in 0.3 s, and 10 first ones.
        Assert.InRange(loaded.Totals.Errors[ErrorKinds.Connect], 1, 330);
        Assert.Contains(loaded.Facts.OfType<EventFact>(), e => e.Kind == EventKinds.Warning && e.Text.Contains("refused", StringComparison.Ordinal));
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void An_answer_without_the_nonce_is_an_error_of_its_own(string engine)
    {
        using var server = new ScriptedServer((i, _) => Reply.Of($"{OkHead}{Plan.NonceHeader}: {(i % 2 == 0 ? "mine" : "theirs")}\r\nContent-Length: 0\r\n\r\n"));

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Nonce = "mine" });

        Assert.Equal([ErrorKinds.Nonce], loaded.Totals.Errors.Keys);
        Assert.InRange(loaded.Totals.Answered - loaded.Totals.Errors[ErrorKinds.Nonce], -2, 2);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Keep_alive_uses_its_connections_again_and_without_it_each_request_has_one(string engine)
    {
        using var server = new ScriptedServer(Reply.Ok);
        var kept = Loading.Run(Loading.Plan(server.Port) with { Engine = engine });
        Assert.Equal(2, server.Connections);
        Assert.DoesNotContain("Connection: close", server.Requests[0], StringComparison.Ordinal);

        using var closing = new ScriptedServer(new Reply(Reply.Ok.Pieces, Closes: true));
        var closed = Loading.Run(Loading.Plan(closing.Port) with { Engine = engine, KeepAlive = false });
        Assert.InRange(closing.Connections, closed.Totals.Sent - 2, closed.Totals.Sent);
        Assert.Contains("Connection: close\r\n", closing.Requests[0], StringComparison.Ordinal);
        Assert.Empty(kept.Totals.Errors);
        Assert.Empty(closed.Totals.Errors);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_server_that_never_closes_is_left_by_a_load_without_keep_alive(string engine)
    {
        using var server = new ScriptedServer(Reply.Ok);

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, KeepAlive = false });

        Assert.Empty(loaded.Totals.Errors);
        Assert.InRange(server.Connections, loaded.Totals.Sent - 2, loaded.Totals.Sent);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Unix_sockets_and_ipv6_are_addresses_like_others(string engine)
    {
        string path = Path.Combine(Path.GetTempPath(), $"wobble-{Guid.NewGuid():n}");
        using var unix = new ScriptedServer((_, _) => Reply.Ok, new UnixDomainSocketEndPoint(path));
        var overUnix = Loading.Run(Loading.Plan(0) with { Engine = engine, Host = "unix:" + path });
        File.Delete(path);
        Assert.Empty(overUnix.Totals.Errors);
        Assert.True(overUnix.Totals.Answered > 5);

        using var six = new ScriptedServer((_, _) => Reply.Ok, new IPEndPoint(IPAddress.IPv6Loopback, 0));
        var overSix = Loading.Run(Loading.Plan(six.Port) with { Engine = engine, Host = "::1" });
        Assert.Empty(overSix.Totals.Errors);
        Assert.True(overSix.Totals.Answered > 5);
        Assert.Contains($"Host: [::1]:{six.Port}\r\n", six.Requests[0], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_count_ends_with_its_last_request(string engine)
    {
        using var server = new ScriptedServer(Reply.Ok);

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, For = null, Count = 777, Warmup = TimeSpan.FromMilliseconds(100) });

        Assert.Equal(777, loaded.Totals.Answered);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Several_threads_share_connections_and_requests_to_the_last(string engine)
    {
        using var server = new ScriptedServer(Reply.Ok);

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Threads = 3, Connections = 7, For = null, Count = 1_000, Warmup = TimeSpan.FromMilliseconds(50) });

        Assert.Equal(1_000, loaded.Totals.Answered);
        Assert.Equal(7, server.Connections);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Bodies_headers_and_methods_arrive_as_written(string engine)
    {
        using var server = new ScriptedServer(Reply.Ok);
        var request = new LoadRequest { Kind = "write", Method = "POST", Path = "/items/{key}?x=1", Keys = 9, Body = "{\"a\":\"ü\"}", Headers = new Dictionary<string, string> { ["X-Mine"] = "1", ["Host"] = "elsewhere" } };

        Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Requests = [request] });

        Assert.All(server.Requests, text => Assert.Matches("^POST /items/[1-9]\\?x=1 HTTP/1.1\r\nHost: elsewhere\r\nX-Mine: 1\r\n|^POST /items/[1-9]\\?x=1 HTTP/1.1\r\nX-Mine: 1\r\nHost: elsewhere\r\n", text));
        Assert.EndsWith("Content-Length: 10\r\n\r\n{\"a\":\"Ã¼\"}", server.Requests[0], StringComparison.Ordinal);
        Assert.True(server.Requests.Select(r => r[12]).Distinct().Count() > 4, "Keys aren't random.");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Head_has_no_body_to_wait_for(string engine)
    {
        using var server = new ScriptedServer(Reply.Of(OkHead + "Content-Length: 5000\r\n\r\n"));

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Requests = [new LoadRequest { Kind = "head", Method = "HEAD", Path = "/" }] });

        Assert.Empty(loaded.Totals.Errors);
        Assert.True(loaded.Totals.Answered > 5);
    }
}
