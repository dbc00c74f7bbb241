using System.Text;
using Wobble.Results.Domain;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed unsafe class RequestSetTests
{
    private static string Text(RequestSet set, int kind, ref RandomNumbers random)
    {
        byte* own = stackalloc byte[4096];
        byte* bytes = set.Write(kind, own, ref random, out int length);
        return Encoding.UTF8.GetString(bytes, length);
    }

    [Fact]
    public void A_plain_request_is_written_in_full()
    {
        var random = new RandomNumbers(1);
        var set = new RequestSet(Loading.Plan(8000) with { KeepAlive = false });

        Assert.Equal("GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nConnection: close\r\n\r\n", Text(set, 0, ref random));
        Assert.Equal(0, set.OwnLength);
    }

    [Fact]
    public void Keys_are_random_within_their_range_and_the_rest_stays()
    {
        var random = new RandomNumbers(1);
        var set = new RequestSet(Loading.Plan(80) with { Requests = [new LoadRequest { Kind = "row", Path = "/row?key={key}&x=1", Keys = 1000, Method = "PUT", Body = "body" }] });
        var keys = new HashSet<int>();

        for (int i = 0; i < 20_000; i++)
        {
            string text = Text(set, 0, ref random);
            string[] parts = text.Split("key=", 2)[1].Split('&', 2);
            keys.Add(int.Parse(parts[0]));
            Assert.Equal("x=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\nbody", parts[1]);
        }

        Assert.Equal(1_000, keys.Count);
        Assert.Equal((1, 1_000), (keys.Min(), keys.Max()));
    }

    [Fact]
    public void Kinds_are_drawn_by_weight_and_equal_seeds_draw_equally()
    {
        var set = new RequestSet(Loading.Plan(80) with { Requests = [.. ((double[])[95, 4, 1]).Select((w, i) => new LoadRequest { Kind = $"{i}", Weight = w, Path = "/" })] });
        var (random, again) = (new RandomNumbers(7), new RandomNumbers(7));
        var drawn = new int[3];

        for (int i = 0; i < 100_000; i++)
        {
            int kind = set.Draw(ref random);
            drawn[kind]++;
            Assert.Equal(kind, set.Draw(ref again));
        }

        Assert.InRange(drawn[0], 94_500, 95_500);
        Assert.InRange(drawn[1], 3_700, 4_300);
        Assert.InRange(drawn[2], 850, 1_150);
    }

    [Fact]
    public void A_unix_socket_and_port_80_have_plain_host_headers()
    {
        var random = new RandomNumbers(1);

        Assert.Contains("\r\nHost: localhost\r\n", Text(new RequestSet(Loading.Plan(0) with { Host = "unix:/x" }), 0, ref random), StringComparison.Ordinal);
        Assert.Contains("\r\nHost: example.org\r\n", Text(new RequestSet(Loading.Plan(80) with { Host = "example.org" }), 0, ref random), StringComparison.Ordinal);
        Assert.Contains("\r\nHost: given:1\r\n", Text(new RequestSet(Loading.Plan(80) with { HostHeader = "given:1" }), 0, ref random), StringComparison.Ordinal);
    }
}
