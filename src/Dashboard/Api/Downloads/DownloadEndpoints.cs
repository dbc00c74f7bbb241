using System.Globalization;
using System.Net.Mime;
using System.Text;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Api.Downloads.Offline;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api.Downloads;

/// <summary>A run as files, for who has its link. Long ones are streamed.</summary>
internal static class DownloadEndpoints
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static void MapDownloads(this RouteGroupBuilder api)
    {
        Map(api, "csv", "text/csv; charset=utf-8", CsvAsync, "Seconds as CSV", "One row a second (RFC 4180), units in the columns' names.");
        Map(api, "hgrm", "text/plain; charset=utf-8", PercentilesAsync, "Percentile distribution", "HdrHistogram's percentile text of all measured latencies, ms.");
        Map(api, "hlog", "text/plain; charset=utf-8", LogAsync, "Histogram log", "HdrHistogram's interval log (V2): a histogram of each second, in ns, tagged with the kind of request.");
        Map(api, "facts.jsonl", "application/x-ndjson", FactsAsync, "All facts", "The facts the run is made of, one JSON object a line.");
        Map(api, "html", "text/html; charset=utf-8", OfflineAsync, "The run as one HTML file", "Everything in one file that opens without a network and without scripts.");
    }

    private delegate Task Writing(ExportQueries queries, Run run, HttpContext context, TextWriter writer, CancellationToken cancel);

    private static void Map(RouteGroupBuilder api, string ending, string type, Writing write, string summary, string description) =>
        api.MapGet($"/runs/{{slug}}.{ending}", async Task<IResult> (string slug, HttpContext context, ExportQueries queries, CancellationToken cancel) =>
        {
            if (await queries.Run(slug, cancel) is not { } run) return FieldProblems.NoSuch("run");
            // A finished run's figures don't change, but notes and tags do: ask each time.
            context.Response.Headers.CacheControl = "no-cache, private";
            return TypedResults.Stream(async stream =>
            {
                await using var writer = new StreamWriter(stream, Utf8, 64 * 1024, leaveOpen: true);
                await write(queries, run, context, writer, cancel);
            }, type, FileName(run, ending));
        }).AllowAnonymous().IsLong().WithSummary(summary).WithDescription(description).TakesSlug().Produces<string>(StatusCodes.Status200OK, type.Split(';')[0]);

    private static async Task CsvAsync(ExportQueries queries, Run run, HttpContext context, TextWriter writer, CancellationToken cancel) =>
        await SecondsTable.WriteAsync(writer, await queries.ComponentNames(run.Id, cancel), queries.Seconds(run.Id, context.Request.Query["warmup"] == "true", null, cancel), cancel);

    private static async Task PercentilesAsync(ExportQueries queries, Run run, HttpContext context, TextWriter writer, CancellationToken cancel) =>
        await writer.WriteAsync(HistogramTexts.Percentiles(await queries.Latencies(run.Id, cancel)));

    private static async Task LogAsync(ExportQueries queries, Run run, HttpContext context, TextWriter writer, CancellationToken cancel) =>
        await HistogramTexts.WriteLogAsync(writer, run, await queries.Lengths(run.Id, cancel), queries.Samples(run.Id, cancel), cancel);

    private static async Task FactsAsync(ExportQueries queries, Run run, HttpContext context, TextWriter writer, CancellationToken cancel)
    {
        int number = 0;
        await foreach (var fact in queries.Facts(run, cancel))
            await writer.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{++number},{fact.ToLine().AsSpan(1)}\n"));
    }

    private static async Task OfflineAsync(ExportQueries queries, Run run, HttpContext context, TextWriter writer, CancellationToken cancel)
    {
        var links = context.RequestServices.GetRequiredService<Links>();
        var facts = await OfflineFacts.ReadAsync(queries, run, links.Run(context.Request, run.Slug), cancel);
        await writer.WriteAsync(await OfflineFile.RenderAsync(context.RequestServices, facts));
    }

    public static string FileName(Run run, string ending)
    {
        string target = new([.. run.Target.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')]);
        return $"wobble-{target}-{run.Slug}.{ending}";
    }
}
