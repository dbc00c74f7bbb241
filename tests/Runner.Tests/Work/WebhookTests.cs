using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Hangfire;
using Hangfire.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

public sealed class WebhookTests : IAsyncLifetime
{
    private readonly List<string> _log = [];
    private readonly Clock _clock = new();
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_notice_arrives_once_signed_and_its_path_and_secret_are_in_no_log()
    {
        using var server = new Receiver("HTTP/1.1 204 No Content\r\n\r\n");
        var notice = await NoticeAsync(server.Address("/T0/path-secret"), "sign-with-this");

        await Sender().SendAsync(TestContext.Current.CancellationToken);
        await Sender().SendAsync(TestContext.Current.CancellationToken);

        string request = Assert.Single(server.Requests);
        string body = request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.StartsWith("POST /T0/path-secret HTTP/1.1", request, StringComparison.Ordinal);
        Assert.Contains($"X-Wobble-Delivery: {notice.Id}", request, StringComparison.Ordinal);
        string signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("sign-with-this"), Encoding.UTF8.GetBytes(body)));
        Assert.Contains($"X-Wobble-Signature: sha256={signature}", request, StringComparison.Ordinal);
        Assert.Equal("level_changed", System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("event").GetString());
        var row = await FindAsync(notice);
        Assert.NotNull(row.SentAt);
        Assert.Null(row.NextAt);
        Assert.NotEmpty(_log);
        Assert.DoesNotContain(_log, l => l.Contains("path-secret", StringComparison.Ordinal) || l.Contains("sign-with-this", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_is_tried_again_with_growing_pauses_and_given_up_after_five()
    {
        using var server = new Receiver("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\n\r\nsecret");
        var notice = await NoticeAsync(server.Address("/"), null);
        var pauses = new List<double>();

        while ((await FindAsync(notice)).NextAt is { } next)
        {
            _clock.Now = next;
            await Sender().SendAsync(TestContext.Current.CancellationToken);
            if ((await FindAsync(notice)).NextAt is { } later) pauses.Add((later - _clock.Now).TotalSeconds);
        }

        Assert.Equal(5, server.Requests.Count);
        Assert.Equal([30, 120, 600, 3_600], pauses);
        var row = await FindAsync(notice);
        Assert.Equal((5, "It answered 500"), (row.Attempts, row.Problem));
        Assert.Null(row.SentAt);
    }

    [Fact]
    public async Task Each_is_claimed_for_a_minute_however_long_those_before_it_took()
    {
        var claims = new List<double>();
        using var server = new Receiver("HTTP/1.1 204 No Content\r\n\r\n", before: () =>
        {
            using var db = _database.CreateDbContext();
            // What was sent has none any more, what waits was due before.
            claims.Add((db.Notices.Max(n => n.NextAt)!.Value - _clock.Now).TotalSeconds);
            _clock.Now += TimeSpan.FromSeconds(10);
        });
        for (int i = 0; i < 8; i++) await NoticeAsync(server.Address("/"), null);

        await Sender().SendAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Repeat(60.0, 8), claims);
    }

    [Fact]
    public async Task One_whose_Runner_died_in_the_last_attempt_is_not_sent_again()
    {
        using var server = new Receiver("HTTP/1.1 204 No Content\r\n\r\n");
        var notice = await NoticeAsync(server.Address("/"), null);
        await _database.ExecuteAsync($"update notices set attempts = {Notice.MostAttempts} where id = '{notice.Id}'");

        await Sender().SendAsync(TestContext.Current.CancellationToken);

        Assert.Empty(server.Requests);
        var row = await FindAsync(notice);
        Assert.Equal("The Runner ended while it was sent", row.Problem);
        Assert.Null(row.NextAt);
        Assert.Null(row.SentAt);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var inside = new Receiver("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using var server = new Receiver($"HTTP/1.1 307 Temporary Redirect\r\nLocation: {inside.Address("/")}\r\nContent-Length: 0\r\n\r\n");
        var notice = await NoticeAsync(server.Address("/"), null);

        await Sender().SendAsync(TestContext.Current.CancellationToken);

        Assert.Empty(inside.Requests);
        Assert.Equal("It answered 307", (await FindAsync(notice)).Problem);
    }

    [Theory, InlineData("https://169.254.169.254/latest/meta-data"), InlineData("https://10.0.0.1/"), InlineData("https://[fe80::1]/")]
    public async Task An_address_of_the_inside_is_not_connected_to(string address)
    {
        var notice = await NoticeAsync(address, null);

        await Sender().SendAsync(TestContext.Current.CancellationToken);

        Assert.Contains("may not go to", (await FindAsync(notice)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hangfire_knows_what_recurs_and_queues_it_when_its_time_comes()
    {
        await using var runner = await TestRunner.StartAsync(_database);
        await using var db = _database.CreateDbContext();
        var configuration = new Configuration { Name = "nightly", Definition = new FactsBuilder().Definition };
        var row = new Recurrence { ConfigurationId = configuration.Id, At = new TimeOnly(2, 30), Days = "mon,thu", Zone = "Europe/Berlin" };
        db.AddRange(configuration, row);
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        var storage = TestRunner.Storage(_database);
        using var connection = storage.GetConnection();
        RecurringJobDto? There() => connection.GetRecurringJobs().SingleOrDefault();

        await TestRunner.WaitAsync("Hangfire to know it", () => Task.FromResult(There() is not null));
        Assert.Equal(("30 2 * * MON,THU", "Europe/Berlin"), (There()!.Cron, There()!.TimeZoneId));
        new RecurringJobManager(storage).Trigger(There()!.Id);
        await TestRunner.WaitAsync("its run to complete", () => db.Runs.AnyAsync(r => r.ConfigurationId == configuration.Id && r.State == RunState.Completed, TestContext.Current.CancellationToken));
        // Its trend was looked at, too.
        await TestRunner.WaitAsync("the trend to be looked at", () => db.Recurrences.AnyAsync(r => r.LookedAt != null && r.LookedAt == r.LastSlug, TestContext.Current.CancellationToken));
        await db.Recurrences.ExecuteUpdateAsync(r => r.SetProperty(x => x.PausedAt, DateTimeOffset.UtcNow), TestContext.Current.CancellationToken);
        await TestRunner.WaitAsync("Hangfire to forget what is paused", () => Task.FromResult(There() is null));
    }

    private WebhookSender Sender() => new(_database, new WorkSettings("alpha", _database.ConnectionString, new(Path.GetTempPath())), _clock, new ListLogger<WebhookSender>(_log));

    private async Task<Notice> NoticeAsync(string webhook, string? secret)
    {
        await using var db = _database.CreateDbContext();
        var configuration = new Configuration { Name = $"nightly {Slug.New()}", Definition = new FactsBuilder().Definition };
        var row = new Recurrence { ConfigurationId = configuration.Id, At = new TimeOnly(2, 30), Zone = "UTC", Webhook = webhook, Secret = secret };
        var notice = new Notice { RecurrenceId = row.Id, Run = Slug.New(), Sentence = "p99 is 10 to 19% higher.", Body = """{"event": "level_changed", "text": "p99 ist höher"}""", CreatedAt = _clock.Now, NextAt = _clock.Now };
        db.AddRange(configuration, row, notice);
        await db.SaveChangesAsync();
        return notice;
    }

    private async Task<Notice> FindAsync(Notice notice)
    {
        await using var db = _database.CreateDbContext();
        return await db.Notices.AsNoTracking().SingleAsync(n => n.Id == notice.Id);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 26, 3, 0, 0, TimeSpan.Zero);
        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class ListLogger<T>(List<string> lines) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Add(formatter(state, exception) + exception);
    }

    /// <summary>A server on a free port of loopback that gives every request one answer and keeps what it was asked.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Receiver(string answer, Action? before = null)
        {
            _listener.Start();
            _ = AnswerAsync(Encoding.ASCII.GetBytes(answer), before);
        }

        public List<string> Requests { get; } = [];

        public string Address(string path) => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}{path}";

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(byte[] answer, Action? before)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    var text = new StringBuilder();
                    var buffer = new byte[4_096];
                    while (!IsWhole(text.ToString()))
                    {
                        int read = await stream.ReadAsync(buffer);
                        if (read == 0) break;
                        text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                    }
                    Requests.Add(text.ToString());
                    before?.Invoke();
                    await stream.WriteAsync(answer);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }

        private static bool IsWhole(string request)
        {
            int end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) return false;
            var length = System.Text.RegularExpressions.Regex.Match(request, "Content-Length: ([0-9]+)");
            return length.Success && Encoding.UTF8.GetByteCount(request[(end + 4)..]) >= int.Parse(length.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
