using Hangfire;
using Hangfire.PostgreSql;

namespace Wobble.Dashboard.Hosting;

/// <summary>Hangfire as the Dashboard uses it: it enqueues and shows, and runs nothing. The Runner owns the schema.</summary>
internal static class JobsSetup
{
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        string connection = WobbleData.ConnectionString(builder.Configuration);
        builder.Services.AddHangfire(hangfire => hangfire
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings()
            .UsePostgreSqlStorage(storage => storage.UseNpgsqlConnection(connection), new PostgreSqlStorageOptions { PrepareSchemaIfNecessary = false }));
    }
}
