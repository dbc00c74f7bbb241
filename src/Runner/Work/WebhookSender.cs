using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Sends notices to webhooks. Guarantees: each is tried at most five times, with growing pauses; no address outside <see cref="WebhookRules"/> is connected to, whatever a name resolves
/// to at that moment; redirects aren't followed, proxies aren't asked, and of the answer nothing but the status is read or kept; of the address only the host is logged.
/// </summary>
internal sealed class WebhookSender(IDbContextFactory<WobbleDb> contexts, WorkSettings settings, TimeProvider time, ILogger<WebhookSender> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    // A Runner that dies while it sends leaves the notice to the next after this.
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)];

    /// <summary>Sends what is due; one that another Runner sends is left to it.</summary>
    public async Task SendAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var now = time.GetUtcNow();
        // A Runner died in the last attempt: it may have arrived, and there is no further one.
        await db.Notices.Where(n => n.NextAt <= now && n.Attempts >= Notice.MostAttempts)
            .ExecuteUpdateAsync(n => n.SetProperty(x => x.NextAt, (DateTimeOffset?)null).SetProperty(x => x.Problem, "The Runner ended while it was sent"), cancellation);
        var due = await db.Notices.AsNoTracking().Where(n => n.NextAt <= now && n.Attempts < Notice.MostAttempts).OrderBy(n => n.Id).Take(10)
            .Join(db.Recurrences.AsNoTracking(), n => n.RecurrenceId, r => r.Id, (n, r) => new { Notice = n, r.Webhook, r.Secret }).ToListAsync(cancellation);
        foreach (var item in due)
        {
            var notice = item.Notice;
            // Of this moment: those before it took their time.
            var until = time.GetUtcNow() + Claim;
            if (await db.Notices.Where(n => n.Id == notice.Id && n.Attempts == notice.Attempts && n.NextAt == notice.NextAt)
                .ExecuteUpdateAsync(n => n.SetProperty(x => x.Attempts, x => x.Attempts + 1).SetProperty(x => x.NextAt, until), cancellation) == 0) continue;
            string? problem = item.Webhook is null ? "It has no webhook any more" : await PostAsync(item.Webhook, item.Secret, notice, cancellation);
            await ConcludeAsync(db, notice, problem, item.Webhook);
        }
    }

    private async Task ConcludeAsync(WobbleDb db, Notice notice, string? problem, string? webhook)
    {
        var now = time.GetUtcNow();
        int attempts = notice.Attempts + 1;
        DateTimeOffset? sent = problem is null ? now : null, next = problem is null || attempts >= Notice.MostAttempts ? null : now + Pauses[attempts - 1];
        await db.Notices.Where(n => n.Id == notice.Id).ExecuteUpdateAsync(n => n.SetProperty(x => x.SentAt, sent).SetProperty(x => x.NextAt, next).SetProperty(x => x.Problem, problem), CancellationToken.None);
        string host = webhook is null ? "–" : WebhookRules.Shown(webhook);
        if (problem is null) logger.LogInformation("A change was sent to {Host}", host);
        else logger.LogWarning("A change could not be sent to {Host}, attempt {Attempt} of {Most}: {Problem}", host, attempts, Notice.MostAttempts, problem);
    }

    // Null: it arrived.
    private async Task<string?> PostAsync(string webhook, string? secret, Notice notice, CancellationToken cancellation)
    {
        if (!WebhookRules.TryParse(webhook, out var address)) return "Its address is not allowed";
        byte[] body = Encoding.UTF8.GetBytes(notice.Body);
        using var client = new HttpClient(Handler(address!.Scheme == Uri.UriSchemeHttps)) { Timeout = Patience };
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        request.Headers.UserAgent.ParseAdd("Wobble");
        request.Headers.Add("X-Wobble-Event", "level_changed");
        // The same for every attempt, so that a receiver can tell one that it has.
        request.Headers.Add("X-Wobble-Delivery", notice.Id.ToString());
        if (secret is not null) request.Headers.Add("X-Wobble-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)));
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return answer.IsSuccessStatusCode ? null : $"It answered {(int)answer.StatusCode}";
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"No answer within {Patience.TotalSeconds} s";
        }
        catch (HttpRequestException e)
        {
            return e.InnerException switch { RefusedAddressException refused => refused.Message, SocketException socket => $"Not reached: {socket.SocketErrorCode}", _ => $"Not reached: {e.HttpRequestError}" };
        }
    }

    private SocketsHttpHandler Handler(bool isHttps) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxResponseHeadersLength = 16,
        ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, isHttps, cancellation),
    };

    // The addresses that are looked at are those that are connected to: a name can't change between the two.
    private async ValueTask<Stream> ConnectAsync(DnsEndPoint end, bool isHttps, CancellationToken cancellation)
    {
        var found = IPAddress.TryParse(end.Host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(end.Host, cancellation);
        var allowed = found.Where(ip => WebhookRules.MayConnect(ip, isHttps, settings.AllowPrivateWebhooks)).ToArray();
        if (allowed.Length == 0) throw new RefusedAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, end.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class RefusedAddressException() : IOException("Its name resolves to an address that webhooks may not go to; Webhooks__AllowPrivate allows those of private networks");
}
