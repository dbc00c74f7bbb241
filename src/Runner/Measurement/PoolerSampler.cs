using System.Globalization;
using System.Net.Sockets;
using Wobble.Results.Facts;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Measurement;

/// <summary>Asks pgbouncer's console what waits in it. One connection for the run; asked anew when it breaks. Never waits longer than <see cref="Limit"/>.</summary>
internal sealed class PoolerSampler(int port) : IAsyncDisposable
{
    /// <summary>An answer later than this is no answer for its second.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(250);

    private PostgresSession? _session;

    /// <summary>The benchmark's pools together; null when the console doesn't answer in time.</summary>
    public async Task<PoolerSample?> SampleAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        try
        {
            _session ??= await PostgresSession.ConnectAsync(port, BenchmarkDatabase.AdminRole, "pgbouncer", limit.Token);
            return Sum(await _session.QueryAsync("SHOW POOLS", limit.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            await CloseAsync();
            return null;
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    /// <summary>Adds up the pools of all databases but the console's own.</summary>
    public static PoolerSample Sum(PostgresRows pools)
    {
        var sum = new PoolerSample(0, 0, 0, 0, 0);
        for (int row = 0; row < pools.Rows.Count; row++)
        {
            if (pools.Value(row, "database") == "pgbouncer") continue;
            int Number(string column) => int.TryParse(pools.Value(row, column), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0;
            sum = new PoolerSample(
                sum.ClientsActive + Number("cl_active"),
                sum.ClientsWaiting + Number("cl_waiting"),
                sum.ServersActive + Number("sv_active"),
                sum.ServersIdle + Number("sv_idle") + Number("sv_used") + Number("sv_tested"),
                Math.Max(sum.LongestWaitMs, Number("maxwait") * 1_000.0 + Number("maxwait_us") / 1_000.0));
        }
        return sum;
    }

    private async Task CloseAsync()
    {
        if (_session is { } session) await session.DisposeAsync();
        _session = null;
    }
}
