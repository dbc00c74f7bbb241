using System.Net;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Tests.Access;

/// <summary>Every endpoint of the API × signed out, by cookie, by token. One row each; the last test holds the table complete.</summary>
public sealed class EveryEndpointTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    // {run} is a completed run, {queued} a queued one, {configuration}, {comparison} and {experiment} are kept ones.
    private const string Table = """
        method | route                                       | address                                   | out | in
        POST   | /api/runs                                   | /api/runs                                 | 401 | 415
        GET    | /api/runs                                   | /api/runs                                 | 401 | 200
        GET    | /api/runs/{slug}                            | /api/runs/{run}                           | 200 | 200
        GET    | /api/runs/{slug}/samples                    | /api/runs/{run}/samples                   | 200 | 200
        GET    | /api/runs/{slug}.csv                        | /api/runs/{run}.csv                       | 200 | 200
        GET    | /api/runs/{slug}.hgrm                       | /api/runs/{run}.hgrm                      | 200 | 200
        GET    | /api/runs/{slug}.hlog                       | /api/runs/{run}.hlog                      | 200 | 200
        GET    | /api/runs/{slug}.facts.jsonl                | /api/runs/{run}.facts.jsonl               | 200 | 200
        GET    | /api/runs/{slug}.html                       | /api/runs/{run}.html                      | 200 | 200
        GET    | /api/runs/{slug}.wobble.gz                  | /api/runs/{run}.wobble.gz                 | 200 | 200
        POST   | /api/imports                                | /api/imports                              | 401 | 415
        POST   | /api/runs/{slug}/cancel                     | /api/runs/{run}/cancel                    | 401 | 409
        PATCH  | /api/runs/{slug}                            | /api/runs/{run}                           | 401 | 415
        DELETE | /api/runs/{slug}                            | /api/runs/{queued}                        | 401 | 409
        POST   | /api/runs/{slug}/restore                    | /api/runs/{run}/restore                   | 401 | 200
        GET    | /api/configurations                         | /api/configurations                       | 401 | 200
        POST   | /api/configurations                         | /api/configurations                       | 401 | 415
        GET    | /api/configurations/{id:guid}               | /api/configurations/{configuration}       | 401 | 200
        PUT    | /api/configurations/{id:guid}               | /api/configurations/{configuration}       | 401 | 415
        POST   | /api/configurations/{id:guid}/duplicate     | /api/configurations/{configuration}/duplicate | 401 | 201
        POST   | /api/configurations/{id:guid}/archive       | /api/configurations/{configuration}/archive | 401 | 200
        POST   | /api/configurations/{id:guid}/restore       | /api/configurations/{configuration}/restore | 401 | 200
        POST   | /api/configurations/{id:guid}/runs          | /api/configurations/{configuration}/runs  | 401 | 201
        POST   | /api/experiments                            | /api/experiments                          | 401 | 415
        GET    | /api/experiments                            | /api/experiments                          | 401 | 200
        GET    | /api/experiments/{slug}                     | /api/experiments/{experiment}             | 200 | 200
        GET    | /api/experiments/{slug}.csv                 | /api/experiments/{experiment}.csv         | 200 | 200
        GET    | /api/experiments/{slug}.html                | /api/experiments/{experiment}.html        | 200 | 200
        POST   | /api/experiments/{slug}/pause               | /api/experiments/{experiment}/pause       | 401 | 200
        POST   | /api/experiments/{slug}/resume              | /api/experiments/{experiment}/resume      | 401 | 200
        DELETE | /api/experiments/{slug}                     | /api/experiments/{experiment}             | 401 | 409
        POST   | /api/experiments/{slug}/restore             | /api/experiments/{experiment}/restore     | 401 | 200
        POST   | /api/experiments/{slug}/cancel              | /api/experiments/{experiment}/cancel      | 401 | 200
        POST   | /api/experiments/{slug}/rounds              | /api/experiments/{experiment}/rounds      | 401 | 415
        GET    | /api/claims                                 | /api/claims                               | 401 | 200
        GET    | /api/compare                                | /api/compare?r={run}&r={other}            | 200 | 200
        GET    | /api/compare.csv                            | /api/compare.csv?r={run}&r={other}        | 200 | 200
        GET    | /api/recurrences                            | /api/recurrences                          | 401 | 200
        POST   | /api/recurrences                            | /api/recurrences                          | 401 | 415
        GET    | /api/recurrences/{id:guid}                  | /api/recurrences/{recurrence}             | 401 | 200
        POST   | /api/recurrences/{id:guid}/pause            | /api/recurrences/{recurrence}/pause       | 401 | 200
        POST   | /api/recurrences/{id:guid}/resume           | /api/recurrences/{recurrence}/resume      | 401 | 200
        DELETE | /api/recurrences/{id:guid}                  | /api/recurrences/{recurrence}             | 401 | 204
        POST   | /api/comparisons                            | /api/comparisons                          | 401 | 415
        GET    | /api/comparisons/{slug}                     | /api/comparisons/{comparison}             | 200 | 200
        DELETE | /api/comparisons/{slug}                     | /api/comparisons/{comparison}             | 401 | 204
        POST   | /api/comparisons/{slug}/restore             | /api/comparisons/{comparison}/restore     | 401 | 200
        GET    | /api/targets                                | /api/targets                              | 200 | 200
        GET    | /api/runners                                | /api/runners                              | 401 | 200
        GET    | /api/audit                                  | /api/audit                                | 401 | 200
        GET    | /api/housekeeping                           | /api/housekeeping                         | 401 | 200
        POST   | /api/runs/{slug}/link                       | /api/runs/AAAAAAAAAAAAAAAAAAAAAA/link     | 401 | 404
        POST   | /api/comparisons/{slug}/link                | /api/comparisons/AAAAAAAAAAAAAAAAAAAAAA/link | 401 | 404
        POST   | /api/experiments/{slug}/link                | /api/experiments/AAAAAAAAAAAAAAAAAAAAAA/link | 401 | 404
        GET    | /healthz                                    | /healthz                                  | 200 | 200
        GET    | /readyz                                     | /readyz                                   | 200 | 200
        GET    | /openapi/{documentName}.json                | /openapi/v1.json                          | 200 | 200
        GET    | /api/{**rest}                               | /api/nothing                              | 401 | 404
        DELETE | /api/{**rest}                               | /api/runs                                 | 401 | 404
        """;

    [Theory, InlineData("signed out"), InlineData("cookie"), InlineData("token"), InlineData("wrong token")]
    public async Task Each_endpoint_answers_as_the_table_says(string who)
    {
        await host.AddRunnerAsync();
        var places = await PlacesAsync();
        using var client = who switch
        {
            "cookie" => await host.WithCookieAsync(),
            "token" => host.WithToken(),
            "wrong token" => host.WithToken("not-the-token-of-the-tests-0123"),
            _ => host.SignedOut(),
        };
        var wrong = new StringBuilder();
        foreach (string[] row in Rows())
        {
            string address = places.Aggregate(row[2], (text, place) => text.Replace(place.Key, place.Value, StringComparison.Ordinal));
            using var request = new HttpRequestMessage(new HttpMethod(row[0]), address);
            using var answer = await client.SendAsync(request);
            string expected = row[who is "cookie" or "token" ? 4 : 3];
            if ($"{(int)answer.StatusCode}" != expected) wrong.AppendLine($"{row[0]} {row[2]}: {(int)answer.StatusCode}, not {expected}");
            if ((int)answer.StatusCode < 400) continue;
            if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json") wrong.AppendLine($"{row[0]} {row[2]}: no problem details");
            if (answer.StatusCode == HttpStatusCode.Unauthorized && !answer.Headers.WwwAuthenticate.Any(h => h.Scheme == "Bearer")) wrong.AppendLine($"{row[0]} {row[2]}: 401 without WWW-Authenticate");
        }
        Assert.Equal("", wrong.ToString());
    }

    [Theory]
    [InlineData("POST", "/api/runs", "{\"target\": 5")]
    [InlineData("PATCH", "/api/runs/notaslug", "{}")]
    [InlineData("PUT", "/api/configurations/no-id", "x")]
    [InlineData("POST", "/api/nothing/at/all", "")]
    [InlineData("POST", "/runs", "")]
    [InlineData("POST", "/healthz", "")]
    [InlineData("DELETE", "/", "")]
    public async Task An_unsigned_change_is_401_before_anything_of_it_is_looked_at(string method, string address, string body)
    {
        using var client = host.SignedOut();
        using var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = new StringContent(body, Encoding.UTF8, "text/plain") };
        request.Headers.Accept.ParseAdd("text/html");

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Null(answer.Headers.Location);
    }

    [Fact]
    public void The_table_has_every_endpoint_of_the_API()
    {
        var endpoints = Endpoints().Where(e => e.Text.StartsWith("/api", StringComparison.Ordinal) || e.Text is "/healthz" or "/readyz" || e.Text.StartsWith("/openapi", StringComparison.Ordinal));
        var told = Rows().Select(r => $"{r[0]} {r[1]}").ToHashSet();

        Assert.Empty(endpoints.SelectMany(e => e.Methods.Select(m => $"{m} {e.Text}")).Except(told));
    }

    [Fact]
    public void Nothing_else_is_for_everyone_than_what_is_listed_here()
    {
        string[] pages = ["/not-found"];
        string[] api = [.. Rows().Where(r => r[3] == "200").Select(r => r[1])];
        string[] access = ["/sign-in", "/sign-out"];

        var open = Endpoints().Where(e => e.IsOpen && !IsStatic(e.Text)).Select(e => e.Text).Distinct().Order(StringComparer.Ordinal);

        Assert.Empty(open.Except(pages).Except(api).Except(access).Except(PagesForEveryone));
    }

    // What a slug names, what /api/targets shows, and Home, which says signed out only what Wobble is.
    private static readonly string[] PagesForEveryone = ["/", "/r/{Slug}", "/c/{KeptSlug}", "/x/{Slug}", "/targets", "/compare"];

    private static bool IsStatic(string route) => route.StartsWith("/_", StringComparison.Ordinal) || route.StartsWith("/lib/", StringComparison.Ordinal) || Path.HasExtension(route) && !route.StartsWith("/api", StringComparison.Ordinal) && !route.StartsWith("/openapi", StringComparison.Ordinal);

    private IEnumerable<(string Text, IReadOnlyList<string> Methods, bool IsOpen)> Endpoints() =>
        host.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>().Select(e => (
            "/" + e.RoutePattern.RawText!.TrimStart('/'),
            e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [],
            e.Metadata.GetMetadata<IAllowAnonymous>() is not null)).Distinct();

    private static IEnumerable<string[]> Rows() => Table.Split('\n').Skip(1).Select(line => line.Split('|', StringSplitOptions.TrimEntries));

    private async Task<Dictionary<string, string>> PlacesAsync()
    {
        var run = await host.Runs.RecordAsync();
        var other = await host.Runs.RecordAsync();
        var queued = await host.Runs.QueuedAsync();
        await using var db = host.Database.CreateDbContext();
        var configuration = new Configuration { Name = $"kept {run.Slug}", Definition = run.Definition };
        var comparison = new Comparison { Slug = Slug.New(), Runs = [run.Slug, other.Slug] };
        var rows = Wobble.Results.Experiments.Making.Compare(["uwsgi-http/bottle"], run.Definition, Wobble.Tests.Support.SamplePlans.Catalogue, 1, 1);
        var experiment = new Experiment { Slug = Slug.New(), Kind = "compare", Question = rows.Question, Definition = System.Text.Json.JsonSerializer.Serialize(rows, Wobble.Results.WobbleJson.Options) };
        var recurrence = new Recurrence { ConfigurationId = configuration.Id, At = new TimeOnly(2, 30), Zone = "UTC" };
        db.AddRange(configuration, comparison, experiment, recurrence);
        await db.SaveChangesAsync();
        return new Dictionary<string, string> { ["{run}"] = run.Slug, ["{other}"] = other.Slug, ["{queued}"] = queued.Slug, ["{configuration}"] = configuration.Id.ToString(), ["{comparison}"] = comparison.Slug, ["{experiment}"] = experiment.Slug, ["{recurrence}"] = recurrence.Id.ToString() };
    }
}
