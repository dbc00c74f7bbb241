using Microsoft.Extensions.Configuration;
using Wobble.Runner.Commands;
using Wobble.Runner.Hosting;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

/// <summary>What is said of settings that can't be used.</summary>
public sealed class WorkSettingsTests
{
    [Theory]
    [InlineData("nonsense"), InlineData("Host=x;Port=many"), InlineData("Host=x;Colour=red")]
    public void A_connection_string_that_can_not_be_read_is_refused_with_a_sentence(string given)
    {
        var work = Assert.Throws<WorkSettingException>(() => From(("ConnectionStrings:Wobble", given)));
        var record = Assert.Throws<HostingException>(() => ExperimentExecution.ConnectionTo(new DataFolder(TestFolders.New("work")), Settings(("ConnectionStrings:Wobble", given))));

        Assert.StartsWith("ConnectionStrings__Wobble is not a connection string: ", work.Message);
        Assert.Equal((work.Message, ExitCodes.BadInput), (record.Message, record.ExitCode));
    }

    [Theory]
    [InlineData(null, false), InlineData("", false), InlineData("text", false), InlineData("json", true)]
    public void A_runner_that_joined_heeds_the_format_of_logs(string? given, bool expected) =>
        Assert.Equal(expected, From(("LogFormat", given)).JsonLogs);

    [Fact]
    public void Another_format_of_logs_is_refused() =>
        Assert.Equal("LogFormat: xml is not allowed; text or json.", Assert.Throws<WorkSettingException>(() => From(("LogFormat", "xml"))).Message);

    private static WorkSettings From(params (string Key, string? Value)[] given) => WorkSettings.From(Settings(given));

    private static IConfigurationRoot Settings(params (string Key, string? Value)[] given) => new ConfigurationBuilder()
        .AddInMemoryCollection([KeyValuePair.Create<string, string?>("ConnectionStrings:Wobble", "Host=x;Database=wobble"), KeyValuePair.Create<string, string?>("RunnerName", "alpha")])
        .AddInMemoryCollection(given.Select(g => KeyValuePair.Create(g.Key, g.Value)))
        .Build();
}
