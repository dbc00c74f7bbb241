using Wobble.Results.Facts;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api.Downloads;

/// <summary>The seconds of a run as a table: one row a second, units in the column's name.</summary>
internal static class SecondsTable
{
    private static readonly string[] Kinds = [ErrorKinds.Connect, ErrorKinds.Reset, ErrorKinds.Timeout, ErrorKinds.Status4xx, ErrorKinds.Status5xx, ErrorKinds.Malformed, ErrorKinds.Nonce, ErrorKinds.Dropped];

    public static async Task WriteAsync(TextWriter writer, IReadOnlyList<string> components, IAsyncEnumerable<Second> seconds, CancellationToken cancel)
    {
        var csv = new CsvText(writer);
        await csv.RowAsync([
            "stage", "second", "length_s", "requests", "throughput", "errors", .. Kinds.Select(k => $"errors_{k}"),
            "p50_ms", "p90_ms", "p99_ms", "p99_9_ms", "max_ms",
            "sent", "due", "in_flight", "open_connections", "generator_cpu_s", "generator_busy", "generator_run_queue_ms",
            "pooler_clients_active", "pooler_clients_waiting", "pooler_servers_active", "pooler_servers_idle", "pooler_longest_wait_ms",
            "host_busy_cores", "host_steal_share", "host_other_cpu_s",
            .. components.SelectMany(c => new[] { $"{c}_cpu_s", $"{c}_rss_mb", $"{c}_open_files", $"{c}_run_queue_ms", $"{c}_involuntary_switches" })]);
        await foreach (var second in seconds.WithCancellation(cancel)) await csv.RowAsync(Row(second, components));
    }

    private static IEnumerable<object?> Row(Second second, IReadOnlyList<string> components)
    {
        var (generator, _, pooler, host) = second.Watched;
        var byName = second.Watched.Components.ToLookup(c => c.Name);
        return [
            second.Stage, second.Number, second.Length, second.Requests, second.Length > 0 ? second.Requests / second.Length : null, second.Errors.Values.Sum(),
            .. Kinds.Select(k => (object?)second.Errors.GetValueOrDefault(k)),
            second.P50, second.P90, second.P99, second.P999, second.Max,
            generator.Sent, generator.Due, generator.InFlight, generator.Open, generator.CpuSeconds, generator.Busy, generator.RunQueueMs,
            pooler?.ClientsActive, pooler?.ClientsWaiting, pooler?.ServersActive, pooler?.ServersIdle, pooler?.LongestWaitMs,
            host?.BusyCores, host?.StealShare, host?.OtherCpuSeconds,
            .. components.SelectMany(name => byName[name].FirstOrDefault() is { } c ? new object?[] { c.CpuSeconds, c.RssMb, c.OpenFiles, c.RunQueueMs, c.InvoluntarySwitches } : new object?[5])];
    }
}
