using System.Net.Http;

namespace Wobble.Runner.Hosting;

/// <summary>Asks the Dashboard whether it answers.</summary>
internal sealed class HealthProbe(ListenAddress address)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until /healthz answers with anything but an error of the server.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
#pragma warning disable CA5359 // The certificate names the host that others know; this asks our own child on this machine, and tells it nothing.
        using var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
#pragma warning restore CA5359
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        while (!await AnswersAsync(client, cancel)) await Task.Delay(Pause, cancel);
    }

    private async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancel)
    {
        try
        {
            using var response = await client.GetAsync(new Uri(address.LocalUrl + "/healthz"), cancel);
            return (int)response.StatusCode < 500;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
