using System.Text.Json;
using Wobble.Runner.Commands;

namespace Wobble.Runner.Tests;

/// <summary><c>wobble claim</c> as it is started.</summary>
public sealed class ClaimCommandTests
{
    [Fact]
    public async Task The_list_is_json_when_that_is_asked_for()
    {
        var (code, output, _) = await CommandLine.RunAsync("claim", "--json");

        using var json = JsonDocument.Parse(output);
        var claims = json.RootElement.GetProperty("claims").EnumerateArray().ToList();
        Assert.Equal((ExitCodes.Ok, 18), (code, claims.Count));
        Assert.Equal(["id", "kind", "words", "method", "rule"], claims[0].EnumerateObject().Select(m => m.Name));
        Assert.Equal(("A", "objection"), (claims[9].GetProperty("id").GetString(), claims[9].GetProperty("kind").GetString()));
    }

    [Theory]
    [InlineData("--delta", "5%", "delta: 5% is not allowed; none: a claim's rule names its metric and least difference")]
    [InlineData("--metric", "p50", "metric: p50 is not allowed; none: a claim's rule names its metric and least difference")]
    public async Task What_its_rule_says_itself_is_refused(string option, string value, string says)
    {
        var (code, _, error) = await CommandLine.RunAsync("claim", "5", option, value);

        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }
}
