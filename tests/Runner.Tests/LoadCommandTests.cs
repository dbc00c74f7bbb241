using System.Text.Json;
using Wobble.Runner.Commands;
using Wobble.Runner.Tests.Load;

namespace Wobble.Runner.Tests;

/// <summary><c>wobble load</c> as it is started: exit codes, errors, and the object on stdout.</summary>
public sealed class LoadCommandTests
{
    [Theory]
    [InlineData("--no-such-option", "load http://127.0.0.1:1/ --no-such-option")]
    [InlineData("no-such-word", "no-such-word")]
    [InlineData("connections: 4 is not allowed; the stages 1s@5,1s@10 say the connections themselves: leave connections out", "load http://127.0.0.1:1/ --stages 1s@5,1s@10 --connections 4")]
    [InlineData("url: https://127.0.0.1/ is not allowed; http only", "load https://127.0.0.1/")]
    public async Task Bad_input_ends_with_2_and_says_what_is_wrong(string says, string line)
    {
        var (code, output, error) = await CommandLine.RunAsync(line.Split(' '));

        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain("throughput\":", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_object_without_members_of_a_stack()
    {
        using var server = new ScriptedServer(Reply.Ok);

        var (code, output, _) = await CommandLine.RunAsync("load", $"http://127.0.0.1:{server.Port}/", "--warmup", "0s", "--for", "1s", "--connections", "2", "--keep-alive", "--json");

        using var json = JsonDocument.Parse(output);
        string[] names = [.. json.RootElement.EnumerateObject().Select(m => m.Name)];
        Assert.Contains(code, new[] { ExitCodes.Ok, ExitCodes.Invalid });
        Assert.True(json.RootElement.GetProperty("requests").GetInt64() > 0);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("rate").ValueKind);
        Assert.DoesNotContain(names, n => n is "target" or "workers" or "components" or "environment" or "plan");
    }

    [Fact]
    public async Task A_mix_from_a_file_has_a_line_for_each_kind()
    {
        using var server = new ScriptedServer(Reply.Ok);
        string file = Path.Combine(Path.GetTempPath(), $"wobble-{Guid.NewGuid():n}.json");
        await File.WriteAllTextAsync(file, """[{"kind": "read", "weight": 3, "path": "/row?key={key}"}, {"kind": "write", "method": "POST", "path": "/rows", "body": "{}", "headers": {"X-Mine": "1"}}]""");

        var (_, output, _) = await CommandLine.RunAsync("load", $"http://127.0.0.1:{server.Port}/", "--file", file, "--rate", "200", "--schedule", "poisson", "--warmup", "0s", "--for", "1s", "--keep-alive", "--json");

        File.Delete(file);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(["read", "write"], json.RootElement.GetProperty("kinds").EnumerateArray().Select(k => k.GetProperty("kind").GetString()).Order());
        Assert.Equal(JsonValueKind.Object, json.RootElement.GetProperty("service_ms").ValueKind);
        Assert.Contains(server.Requests, r => r.StartsWith("POST /rows HTTP/1.1", StringComparison.Ordinal) && r.Contains("X-Mine: 1", StringComparison.Ordinal) && r.EndsWith("{}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""[{"kind": "a", "path": "/", "colour": 1}]""", "colour")]
    [InlineData("nonsense", "a JSON list of requests")]
    [InlineData("[]", "1 to 100 kinds")]
    [InlineData("""[{"kind": "a", "path": "/"}, {"kind": "a", "path": "/b"}]""", "a name of its own")]
    public async Task A_file_that_is_no_mix_is_refused(string text, string says)
    {
        string file = Path.Combine(Path.GetTempPath(), $"wobble-{Guid.NewGuid():n}.json");
        await File.WriteAllTextAsync(file, text);

        var (code, _, error) = await CommandLine.RunAsync("load", "http://127.0.0.1:1/", "--file", file);

        File.Delete(file);
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }
}
