using System.Net;
using System.Net.Sockets;
using Wobble.Results.Domain;

namespace Wobble.Runner.Stacks;

/// <summary>Asks a component whether it is ready. Of what it answers at most <see cref="MostRead"/> bytes are read, and no redirect is followed.</summary>
internal static class ReadyProbes
{
    /// <summary>Most bytes of an answer's body, far more than that of any honest app.</summary>
    public const int MostRead = 1024 * 1024;
    /// <summary>What was wrong with an answer beyond it, to follow its path.</summary>
    public const string TooLarge = "answered with more than the 1 MB of body, or 64 kB of head, that is read";

    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(2);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostRead };

    /// <summary>Null when it is ready; else why not yet.</summary>
    public static async Task<string?> AskAsync(ReadyProbe probe, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AttemptLimit);
        try
        {
            switch (probe.Kind)
            {
                case "tcp":
                    using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
                        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, probe.Port), limit.Token);
                    return null;
                case "http":
                    using (var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{probe.Port}{probe.Path}"))
                    {
                        request.Headers.ConnectionClose = true;
                        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token);
                        return response.StatusCode == HttpStatusCode.OK ? null : $"{probe.Path} answered {(int)response.StatusCode}";
                    }
                case "postgresql":
                    await using (var session = await PostgresSession.ConnectAsync(probe.Port, BenchmarkDatabase.AdminRole, "postgres", limit.Token))
                        await session.QueryAsync("select 1", limit.Token);
                    return null;
                default:
                    throw new StackException($"A probe is tcp, http or postgresql, not {probe.Kind}.");
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return $"no answer on port {probe.Port} within {AttemptLimit.TotalSeconds:0} s";
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return $"{probe.Path} {TooLarge}";
        }
        catch (Exception e) when (e is SocketException or HttpRequestException or IOException)
        {
            return e.Message;
        }
    }
}
