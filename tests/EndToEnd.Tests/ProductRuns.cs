using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Wobble.EndToEnd.Tests;

/// <summary>Runs of the product, by its API.</summary>
public sealed partial class Product
{
    // Null while no Dashboard answers: a test may have killed it.
    private async Task<string?> AskAsync(string path, CancellationToken cancel)
    {
        try
        {
            return await Api.GetStringAsync(path, cancel);
        }
        catch (HttpRequestException e) when (e.StatusCode is null)
        {
            return null;
        }
    }

    /// <summary>Queues a run by the API and waits for its end.</summary>
    public async Task<JsonElement> RunAsync(object definition)
    {
        string slug = await QueueAsync(definition);
        return await EndOfAsync(slug);
    }

    public async Task<string> QueueAsync(object definition)
    {
        using var answer = await Api.PostAsJsonAsync("/api/runs", definition);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("slug").GetString()!;
    }

    /// <summary>One run that ended well, made at the first question: for tests that only look.</summary>
    public Task<string> SharedRunAsync()
    {
        lock (output) return shared ??= MakeAsync();

        async Task<string> MakeAsync()
        {
            var run = await RunAsync(new { target = "uwsgi-http/bottle", warmup = "1s", @for = "6s" });
            Assert.Equal("completed", run.GetProperty("state").GetString());
            return run.GetProperty("slug").GetString()!;
        }
    }

    /// <summary>Waits until a run has measured so many seconds.</summary>
    public async Task MeasuredAsync(string slug, int seconds)
    {
        await UntilAsync(slug, state => state is "measuring" or "finishing" or "completed" or "failed" or "cancelled" or "interrupted");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while ((await Api.GetFromJsonAsync<JsonElement>($"/api/runs/{slug}/samples", limit.Token)).GetProperty("samples").GetArrayLength() < seconds) await tick.WaitForNextTickAsync(limit.Token);
    }

    /// <summary>Cancels a run and waits for its end.</summary>
    public async Task CancelAsync(string slug)
    {
        using var answer = await Api.PostAsync($"/api/runs/{slug}/cancel", null);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await EndOfAsync(slug);
    }

    /// <summary>Cancels a run if it still goes on, so that a test that fell doesn't hold up the others.</summary>
    public async Task EndAsync(string slug)
    {
        using var answer = await Api.PostAsync($"/api/runs/{slug}/cancel", null);
        await EndOfAsync(slug);
    }

    public async Task<JsonElement> EndOfAsync(string slug) => await UntilAsync(slug, state => state is "completed" or "failed" or "cancelled" or "interrupted");

    /// <summary>Asks for a run until it is in a wanted state; its whole answer.</summary>
    public async Task<JsonElement> UntilAsync(string slug, Func<string, bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        string text = "";
        try
        {
            do
            {
                if (await AskAsync($"/api/runs/{slug}", limit.Token) is not { } answer) continue;
                text = answer;
                var run = JsonDocument.Parse(text).RootElement;
                if (wanted(run.GetProperty("state").GetString()!)) return run;
            }
            while (await tick.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"{slug} did not get there; last: {text}\n{Said}");
    }

    /// <summary>Waits for the end of an experiment; its whole answer.</summary>
    public async Task<JsonElement> ExperimentAsync(string slug)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        string text = "";
        try
        {
            do
            {
                text = await Api.GetStringAsync($"/api/experiments/{slug}", limit.Token);
                var experiment = JsonDocument.Parse(text).RootElement;
                if (experiment.GetProperty("state").GetString() is "completed" or "cancelled") return experiment;
            }
            while (await tick.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"{slug} did not end; last: {text}\n{Said}");
    }
}
