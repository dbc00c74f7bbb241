using System.Net;
using System.Net.Http;

namespace Wobble.Runner.Hosting;

/// <summary>Asks the Dashboard whether it answers.</summary>
internal sealed class HealthProbe(ListenAddress address)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    /// <summary>Waits until /healthz says that the web is alive.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        while (!await AnswersAsync(cancel)) await Task.Delay(Pause, cancel);
    }

    /// <summary>True when /healthz answers with 200, which says that the web is alive, whatever its database does.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        try
        {
            using var client = new HttpClient(Handler()) { Timeout = Within };
            using var response = await client.GetAsync(new Uri(address.LocalUrl + "/healthz"), cancel);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    // A connection each time: a kept one tells nothing about the next visitor's.
    private static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
#pragma warning disable CA5359 // The certificate names the host that others know; this asks our own child on this machine, and tells it nothing.
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
#pragma warning restore CA5359
    };
}
