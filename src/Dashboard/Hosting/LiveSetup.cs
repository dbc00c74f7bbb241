using Wobble.Dashboard.Live;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Hosting;

/// <summary>What makes pages live.</summary>
internal static class LiveSetup
{
    public static void AddLive(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RunQueries>().AddSingleton<RunPictures>().AddSingleton<RunInHandBoard>();
        builder.Services.AddSingleton<RunFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RunFeed>());
    }
}
