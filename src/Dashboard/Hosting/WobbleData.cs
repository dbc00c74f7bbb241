using Microsoft.EntityFrameworkCore;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Hosting;

/// <summary>Wobble's own database. A context lives for one question: a circuit lives for hours.</summary>
internal static class WobbleData
{
    public const string ConnectionName = "Wobble";

    public static string ConnectionString(IConfiguration configuration) =>
        configuration.GetConnectionString(ConnectionName) is { Length: > 0 } text
            ? text
            : throw new SettingException($"ConnectionStrings:{ConnectionName} is empty: ./run sets it; by hand, set the environment variable ConnectionStrings__{ConnectionName} to a PostgreSQL connection string.");

    public static void AddWobbleData(this WebApplicationBuilder builder)
    {
        string connection = ConnectionString(builder.Configuration);
        builder.Services.AddDbContextFactory<WobbleDb>(options => WobbleDb.Configure(options, connection));
        builder.Services.AddSingleton(TimeProvider.System);
    }
}
