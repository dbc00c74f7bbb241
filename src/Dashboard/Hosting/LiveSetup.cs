using Wobble.Dashboard.Live;

namespace Wobble.Dashboard.Hosting;

/// <summary>What makes pages live.</summary>
internal static class LiveSetup
{
    public static void AddLive(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RunFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RunFeed>());
    }
}
