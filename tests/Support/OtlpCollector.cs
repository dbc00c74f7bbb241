using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wobble.Tests.Support;

/// <summary>Takes what is sent by OTLP over HTTP, on a port of its own, and keeps it.</summary>
public sealed class OtlpCollector : IDisposable
{
    private readonly HttpListener _listener;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<byte[]>> _received = new();

    private OtlpCollector(HttpListener listener, string url)
    {
        (_listener, Url) = (listener, url);
        _ = Task.Run(ListenAsync);
    }

    /// <summary>What the setting OtlpEndpoint takes.</summary>
    public string Url { get; }

    /// <summary>Starts one.</summary>
    public static OtlpCollector Start()
    {
        // HttpListener takes no port 0: one that is free now, and again when another process was quicker.
        for (int attempt = 1; ; attempt++)
        {
            string url = $"http://127.0.0.1:{FreePort()}";
            var listener = new HttpListener { Prefixes = { url + "/" } };
            try
            {
                listener.Start();
                return new OtlpCollector(listener, url);
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                listener.Close();
            }
        }
    }

    /// <summary>All bodies of a signal (<c>traces</c>, <c>metrics</c>) as text, in which names and values can be found; empty when none came.</summary>
    public string Text(string signal) => string.Concat(_received.GetValueOrDefault("/v1/" + signal, []).Select(Encoding.Latin1.GetString));

    /// <inheritdoc/>
    public void Dispose() => _listener.Close();

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _received.GetOrAdd(context.Request.Url!.AbsolutePath, _ => []).Enqueue(body.ToArray());
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // It was closed, or whoever sent has gone.
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
