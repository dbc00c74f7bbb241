using Wobble.Dashboard.Components.Pages.Reading;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Hosting;

/// <summary>What pages read with. Each query opens a context, asks and closes it, so one of each serves all.</summary>
internal static class QueriesSetup
{
    public static void AddQueries(this WebApplicationBuilder builder)
    {
        var errors = new List<FieldError>();
        var retention = Retention.Read(key => builder.Configuration[key], errors);
        if (errors.Count > 0) throw new SettingException(errors[0].ToString());
        builder.Services.AddSingleton(retention).AddQueries();
    }

    public static IServiceCollection AddQueries(this IServiceCollection services) => services
        .AddSingleton<HomeQueries>().AddSingleton<RunsQueries>().AddSingleton<ConfigurationQueries>().AddSingleton<ComparisonQueries>().AddSingleton<RunnerQueries>().AddSingleton<ExperimentQueries>().AddSingleton<ClaimQueries>()
        .AddSingleton<AuditQueries>().AddSingleton<HousekeepingQueries>().AddSingleton<TrendQueries>().AddSingleton<RecurrenceQueries>().AddSingleton<Handoffs>();
}
