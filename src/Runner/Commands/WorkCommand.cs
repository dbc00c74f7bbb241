using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Runner.Catalog;
using Wobble.Runner.Execution;
using Wobble.Runner.Hosting;
using Wobble.Runner.Work;

namespace Wobble.Runner.Commands;

internal static class WorkCommand
{
    public static Command Create()
    {
        var data = DataOption.Create();
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "Name of this Runner, unique in its database (setting RunnerName; default: the host's name)." };
        var command = new Command("work", "The Runner: takes queued runs, one at a time, and records them. Needs ConnectionStrings__Wobble. Exits with 2 when its settings can't be used, or another Runner has its name.") { name, data };
        command.SetAction(async (parsed, _) =>
        {
            var configuration = new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
                .AddEnvironmentVariables()
                .AddInMemoryCollection(Given(("RunnerName", parsed.GetValue(name)), ("DataFolder", parsed.GetValue(data))))
                .Build();
            return await RunAsync(configuration);
        });
        return command;
    }

    private static async Task<int> RunAsync(IConfiguration configuration)
    {
        WorkSettings settings;
        try
        {
            settings = WorkSettings.From(configuration);
            settings.Data.Make();
        }
        catch (Exception e) when (e is WorkSettingException or HostingException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(ImportantLines.Spoken + e.Message);
            return ExitCodes.BadInput;
        }
        using var beat = HeartBeat.Begin();
        int code = await WorkHost.RunAsync(settings, services => services.AddSingleton<IExecutions>(new StackExecutions(settings.Data, CatalogueReader.FromSettings(settings.Data, configuration), new ExecutionLauncher())));
        // Threads of Hangfire that wait for a PostgreSQL that is away would keep the process.
        Environment.Exit(code);
        return code;
    }

    private static IEnumerable<KeyValuePair<string, string?>> Given(params (string Key, string? Value)[] options) =>
        options.Where(o => !string.IsNullOrEmpty(o.Value)).Select(o => KeyValuePair.Create(o.Key, o.Value));
}
