using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wobble.Runner.Tests.Load;

/// <summary>What the scripted server does with one request.</summary>
/// <param name="Pieces">Sent one after the other, each in a segment of its own.</param>
/// <param name="Closes">Closes after them.</param>
/// <param name="Resets">Closes with a reset.</param>
/// <param name="After">Waits before the first.</param>
internal sealed record Reply(IReadOnlyList<string> Pieces, bool Closes = false, bool Resets = false, TimeSpan After = default)
{
    public static Reply Of(string text) => new([text]);
    public static Reply Ok { get; } = Of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

/// <summary>Does on a real socket what a real server can't be made to do. A thread a connection.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly Socket listener;
    private readonly Func<int, string, Reply> script;
    private readonly List<string> requests = [];
    private int connections;

    /// <param name="script">From a request's number (from 0, over all connections) and text to what is done.</param>
    /// <param name="endpoint">Where to listen; null: a free port of 127.0.0.1.</param>
    public ScriptedServer(Func<int, string, Reply> script, EndPoint? endpoint = null)
    {
        this.script = script;
        endpoint ??= new IPEndPoint(IPAddress.Loopback, 0);
        listener = new Socket(endpoint.AddressFamily, SocketType.Stream, endpoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        listener.Bind(endpoint);
        listener.Listen(512);
        Start(Accept);
    }

    public ScriptedServer(Reply reply) : this((_, _) => reply) { }

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;
    public int Connections => Volatile.Read(ref connections);
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (requests) return [.. requests];
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = listener.Accept();
                Interlocked.Increment(ref connections);
                Start(() => Serve(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private void Serve(Socket socket)
    {
        using var _ = socket;
        if (socket.AddressFamily != AddressFamily.Unix) socket.NoDelay = true;
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                int length = socket.Receive(buffer);
                if (length == 0) return;
                var reply = script(Note(Encoding.Latin1.GetString(buffer, 0, length)), Encoding.Latin1.GetString(buffer, 0, length));
                if (reply.After > TimeSpan.Zero) Thread.Sleep(reply.After);
                foreach (string piece in reply.Pieces) socket.Send(Encoding.Latin1.GetBytes(piece));
                if (reply.Resets) socket.LingerState = new LingerOption(true, 0);
                if (reply.Closes || reply.Resets) return;
            }
        }
        catch (SocketException)
        {
            // The generator went away.
        }
    }

    private int Note(string request)
    {
        lock (requests)
        {
            requests.Add(request);
            return requests.Count - 1;
        }
    }

    private static void Start(ThreadStart run) => new Thread(run, 256 * 1024) { IsBackground = true }.Start();

    public void Dispose() => listener.Dispose();
}
