using System.Globalization;
using System.Net;
using System.Text.Json;
using Wobble.Results.Domain;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// Asks the stack each kind of request of its workload and compares with the database, before any request is counted: JSON, the row as it is stored,
/// and the run's nonce, which proves that this very stack answered.
/// </summary>
internal sealed class AnswerCheck(Plan plan)
{
    private const int KeysAsked = 5;

    /// <summary>Throws <see cref="StackException"/> with what is wrong; returns what was compared, a sentence.</summary>
    public async Task<string> RunAsync(CancellationToken cancel)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = plan.Load.Deadline, MaxResponseContentBufferSize = ReadyProbes.MostRead };
        var random = new Random((int)plan.Seed);
        int asked = 0;
        foreach (var request in plan.Load.Requests)
        {
            bool hasKey = request.Path.Contains("{key}", StringComparison.Ordinal);
            int[] keys = [.. Enumerable.Range(0, hasKey ? KeysAsked : 1).Select(_ => random.Next(1, request.Keys + 1))];
            var rows = hasKey ? await ReadRowsAsync(keys, cancel) : null;
            foreach (int key in keys)
            {
                string path = request.Path.Replace("{key}", key.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
                using var answer = await AskAsync(http, path, cancel);
                if (rows is not null) CompareRow(path, answer.RootElement, key, rows[key]);
                asked++;
            }
        }
        return $"{asked} answers were right: JSON, the row as in the database, this run's nonce.";
    }

    private async Task<Dictionary<int, string?>> ReadRowsAsync(int[] keys, CancellationToken cancel)
    {
        int port = plan.Components.First(c => c.Kind == ComponentKind.Database).Ready.Port;
        await using var session = await PostgresSession.ConnectAsync(port, BenchmarkDatabase.AdminRole, BenchmarkDatabase.Name, cancel);
        var rows = await session.QueryAsync($"select a, b from {BenchmarkDatabase.Table} where a in ({string.Join(',', keys)})", cancel);
        var found = rows.Rows.ToDictionary(r => int.Parse(r[0]!, CultureInfo.InvariantCulture), r => r[1]);
        foreach (int key in keys)
            if (!found.ContainsKey(key)) throw new StackException($"The benchmark's database has no row {key}: it is not whole. Delete its folder, and the next run makes it anew.");
        return found;
    }

    private async Task<JsonDocument> AskAsync(HttpClient http, string path, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{plan.Load.Host}:{plan.Load.Port}{path}");
            request.Headers.ConnectionClose = true;
            using var response = await http.SendAsync(request, cancel);
            string body = await response.Content.ReadAsStringAsync(cancel);
            if (response.StatusCode != HttpStatusCode.OK) throw Wrong(path, $"status {(int)response.StatusCode}", body);
            string nonce = response.Headers.TryGetValues(Plan.NonceHeader, out var values) ? string.Join(',', values) : "none";
            if (nonce != plan.Nonce) throw Wrong(path, $"header {Plan.NonceHeader} is {nonce}, not {plan.Nonce}: another stack answered", body);
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw Wrong(path, "it is no JSON", null);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw Wrong(path, $"the app {ReadyProbes.TooLarge}", null);
        }
        catch (HttpRequestException e)
        {
            throw Wrong(path, e.Message, null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Wrong(path, $"none within {Duration.Format(plan.Load.Deadline)}", null);
        }
    }

    private static void CompareRow(string path, JsonElement answer, int key, string? text)
    {
        bool isRow = answer.ValueKind == JsonValueKind.Object
            && answer.TryGetProperty("a", out var a) && a.ValueKind == JsonValueKind.Number && a.TryGetInt32(out int number) && number == key
            && answer.TryGetProperty("b", out var b) && b.ValueKind == JsonValueKind.String && b.GetString() == text;
        if (!isRow) throw Wrong(path, $"the database has a = {key}, b = \"{text}\"", answer.GetRawText());
    }

    private static StackException Wrong(string path, string what, string? body) =>
        new($"The answer to {path} is wrong: {what}." + (string.IsNullOrWhiteSpace(body) ? "" : $" It was: {(body.Length > 300 ? body[..300] + "…" : body)}"));
}
