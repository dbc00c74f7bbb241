using Wobble.Dashboard.Components.Pages.Reading;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Hosting;

/// <summary>What pages read with. Each query opens a context, asks and closes it, so one of each serves all.</summary>
internal static class QueriesSetup
{
    public static void AddQueries(this WebApplicationBuilder builder) => builder.Services.AddQueries();

    public static IServiceCollection AddQueries(this IServiceCollection services) => services
        .AddSingleton<HomeQueries>().AddSingleton<RunsQueries>().AddSingleton<ConfigurationQueries>().AddSingleton<ComparisonQueries>().AddSingleton<RunnerQueries>().AddSingleton<ExperimentQueries>().AddSingleton<ClaimQueries>()
        .AddSingleton<Handoffs>();
}
