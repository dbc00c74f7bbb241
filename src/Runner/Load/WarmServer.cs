using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Runner.Load;

/// <summary>
/// A tiny server on loopback that the generator talks to before its load, so that the runtime has compiled every path: good answers, each kind of
/// failure, closed connections. Its answers measure nothing.
/// </summary>
internal sealed class WarmServer : IDisposable
{
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[][] answers;
    private int served;

    public WarmServer(string? nonce)
    {
        string nonceLine = nonce is null ? "" : $"{Plan.NonceHeader}: {nonce}\r\n";
        byte[] Answer(string text) => Encoding.ASCII.GetBytes(text);
        byte[] good = Answer($"HTTP/1.1 200 OK\r\nServer: warm\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: application/json\r\n{nonceLine}Content-Length: 2\r\n\r\n{{}}");
        byte[] chunked = Answer($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n{nonceLine}\r\n2\r\n{{}}\r\n0\r\n\r\n");
        byte[] failed = Answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        byte[] wrong = Answer("HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n");
        answers = [good, good, chunked, good, good, good, failed, good, good, good, good, wrong, good, good, good, []];
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Start(Accept);
    }

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = listener.Accept();
                Start(() => Serve(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: the warm-up is over.
        }
    }

    private void Serve(Socket socket)
    {
        using var _ = socket;
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                int length = socket.Receive(buffer);
                byte[] answer = answers[Interlocked.Increment(ref served) % answers.Length];
                if (length == 0 || answer.Length == 0) return;
                socket.Send(answer);
                if (buffer.AsSpan(0, length).IndexOf("Connection: close"u8) >= 0) return;
            }
        }
        catch (SocketException)
        {
            // The generator has what it wanted.
        }
    }

    private static void Start(ThreadStart run) =>
        new Thread(run, maxStackSize: 256 * 1024) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"warm-up") }.Start();

    public void Dispose() => listener.Dispose();
}

/// <summary>Compiles what the first second of a load touches, by running the same loop against a <see cref="WarmServer"/>.</summary>
internal static class WarmUp
{
    private const int Connections = 4;
    private const double Rate = 4_000;
    // Long enough for every method of the loop to be compiled, and compiled again as hot; bench/starts shows that the first second is as the others.
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(100), Length = TimeSpan.FromMilliseconds(400);

    public static void Run(LoadPlan plan, EngineChoice choice)
    {
        using var server = new WarmServer(plan.Nonce);
        var warm = plan with
        {
            Host = IPAddress.Loopback.ToString(),
            Port = server.Port,
            Connections = Connections,
            Rate = Timeline.IsOpenLoop(plan) ? Rate : null,
            Stages = [],
            Warmup = Before,
            For = Length,
            Count = null,
            Deadline = TimeSpan.FromSeconds(1),
            MaxWaiting = 100,
            Threads = 1,
            Requests = [.. plan.Requests.Select(r => r with { Method = "GET", Body = null, Headers = new Dictionary<string, string>() })],
        };
        using var session = new LoadSession(warm, choice, fact => _ = fact.ToLine());
        _ = new EndFact { State = RunState.Completed, Totals = session.Run(placed: false) }.ToLine();
    }
}
