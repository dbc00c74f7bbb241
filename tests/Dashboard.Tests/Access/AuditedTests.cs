using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Dashboard.Access;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Tests.Access;

/// <summary>What the audit log says of how a change ended.</summary>
public sealed class AuditedTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    [Fact]
    public async Task A_recurrence_that_was_refused_is_refused_in_the_log()
    {
        using var client = host.WithToken();

        using var answer = await client.PostAsJsonAsync("/api/recurrences", new { configuration = Guid.NewGuid(), time = "25:00" });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var entry = Assert.Single((await client.GetFromJsonAsync<JsonObject>("/api/audit?q=at 25:00"))!["entries"]!.AsArray());
        Assert.StartsWith("refused: time: 25:00", (string)entry!["outcome"]!);
    }

    [Fact]
    public async Task A_change_is_told_as_made_though_the_database_goes_away_before_its_end_is_written()
    {
        var databases = new GoesAway(host.Database);
        var audited = new Audited(databases, TimeProvider.System, NullLogger<Audited>.Instance);
        int made = 0;

        string result = await audited.DoAsync("operator", null, "change something", () =>
        {
            made++;
            databases.IsAway = true;
            return Task.FromResult("made");
        });

        Assert.Equal(("made", 1), (result, made));
        // Without its first note nothing is done.
        await Assert.ThrowsAsync<SocketException>(() => audited.DoAsync("operator", null, "change more", () => Task.FromResult(++made)));
        Assert.Equal(1, made);
    }

    private sealed class GoesAway(IDbContextFactory<WobbleDb> real) : IDbContextFactory<WobbleDb>
    {
        public bool IsAway { get; set; }

        public WobbleDb CreateDbContext() => IsAway ? throw new SocketException((int)SocketError.ConnectionRefused) : real.CreateDbContext();
    }
}
