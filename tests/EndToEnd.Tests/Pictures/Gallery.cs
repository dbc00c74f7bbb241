using System.Net.Http.Json;
using System.Text.Json;

namespace Wobble.EndToEnd.Tests.Pictures;

/// <summary>
/// Real runs of every kind that a page must show well, each made once and found again by its tag: sound, doubtful, invalid, failed, cancelled, open loop,
/// stages, a mix of requests, and one that measures now.
/// </summary>
public sealed class Gallery(Product product)
{
    private const string Tag = "gallery";

    private static readonly (string Name, object Definition)[] Wanted =
    [
        ("sound", new { target = "uwsgi-http/bottle", warmup = "2s", @for = "30s" }),
        ("async", new { target = "uvicorn/starlette", warmup = "2s", @for = "30s" }),
        ("green", new { target = "gunicorn-gevent/flask", warmup = "2s", @for = "20s" }),
        ("short", new { target = "uwsgi-http/flask", warmup = "1s", @for = "2s" }),
        ("open", new { target = "uwsgi-http/bottle", rate = 600, keep_alive = true, warmup = "2s", @for = "20s" }),
        ("staged", new { target = "uvicorn/starlette", stages = "8s@200/s,8s@1000/s,8s@3000/s", warmup = "2s" }),
        ("mixed", new { target = "uwsgi-http/bottle", workload = "mixed", warmup = "2s", @for = "20s" }),
        ("unanswered", new { target = "uwsgi-http/bottle", workload = "slow:15000", warmup = "0s", @for = "12s" }),
        ("failed", new { target = "uwsgi-http/bottle", warmup = "1s", @for = "40s" }),
        ("cancelled", new { target = "gunicorn/flask", warmup = "1s", @for = "2m" }),
    ];

    private readonly Dictionary<string, string> slugs = [];

    /// <summary>Slugs by name.</summary>
    public IReadOnlyDictionary<string, string> Slugs => slugs;

    /// <summary>Makes what isn't there yet, all or those of the names.</summary>
    public async Task FillAsync(params string[] names)
    {
        await FindAsync();
        foreach (var (name, definition) in Wanted.Where(w => !slugs.ContainsKey(w.Name) && (names.Length == 0 || names.Contains(w.Name))))
        {
            string slug = await product.QueueAsync(definition);
            await TagAsync(slug, name);
            if (name == "failed") await FellAsync(slug);
            if (name == "cancelled")
            {
                await product.MeasuredAsync(slug, 8);
                await product.CancelAsync(slug);
            }
            await product.EndOfAsync(slug);
            slugs[name] = slug;
        }
        await ConfigureAsync();
    }

    /// <summary>A run that measures, with so many seconds behind it.</summary>
    public async Task<string> MeasuringAsync(int seconds)
    {
        string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "2s", @for = "5m" });
        await TagAsync(slug, "live");
        await product.MeasuredAsync(slug, seconds);
        return slug;
    }

    private async Task FindAsync()
    {
        var found = await product.Api.GetFromJsonAsync<JsonElement>($"/api/runs?tag={Tag}&size=200");
        foreach (var run in found.GetProperty("runs").EnumerateArray())
            if (run.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!).FirstOrDefault(t => Wanted.Any(w => w.Name == t)) is { } name && run.GetProperty("state").GetString() is "completed" or "failed" or "cancelled")
                slugs.TryAdd(name, run.GetProperty("slug").GetString()!);
    }

    private async Task TagAsync(string slug, string name)
    {
        using var answer = await product.Api.PatchAsJsonAsync($"/api/runs/{slug}", new { tags = new[] { Tag, name } });
        answer.EnsureSuccessStatusCode();
    }

    // The server dies under load as it would of a bug: its processes are killed, nothing else is touched.
    private async Task FellAsync(string slug)
    {
        await product.MeasuredAsync(slug, 12);
        product.KillAll("uwsgi");
    }

    private async Task ConfigureAsync()
    {
        var kept = await product.Api.GetFromJsonAsync<JsonElement>("/api/configurations");
        if (kept.GetProperty("configurations").GetArrayLength() > 0) return;
        using var made = await product.Api.PostAsJsonAsync("/api/configurations", new { name = "uWSGI, row, closed 100", definition = new { target = "uwsgi-http/bottle", warmup = "1s", @for = "10s" } });
        made.EnsureSuccessStatusCode();
        string id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        for (int i = 0; i < 3; i++)
        {
            using var run = await product.Api.PostAsync($"/api/configurations/{id}/runs", null);
            run.EnsureSuccessStatusCode();
            await product.EndOfAsync((await run.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("slug").GetString()!);
        }
    }
}
