using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.ResponseCompression;
using MudBlazor.Services;
using Wobble.Dashboard.Components;

namespace Wobble.Dashboard.Hosting;

/// <summary>The pages: Blazor Server with prerendering, MudBlazor's services, static files.</summary>
internal static class PagesSetup
{
    /// <summary>Pages that lost their connection and may come back as they were.</summary>
    private const int LostPagesKept = 40;

    public static void AddPages(this WebApplicationBuilder builder)
    {
        // From build output in Production, package assets are 500 or empty without it; published it does nothing.
        builder.WebHost.UseStaticWebAssets();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents(circuits => circuits.DisconnectedCircuitMaxRetained = LostPagesKept);
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddMudServices();
        builder.Services.AddResponseCompression(options => options.MimeTypes = ResponseCompressionDefaults.MimeTypes.Append("image/svg+xml"));
    }

    /// <summary>Before the access: the page is routed anew, and what follows here must see it as any other.</summary>
    public static void UseNotFoundPage(this WebApplication app) => app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);

    public static void MapPages(this WebApplication app)
    {
        app.UseResponseCompression();
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        // Pages say themselves who may see them. The rest is the circuits' own endpoints: a permalink needs them without the sign-in.
        app.MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = "'none'")
            .Add(endpoint => { if (!endpoint.Metadata.OfType<ComponentTypeMetadata>().Any()) endpoint.Metadata.Add(new AllowAnonymousAttribute()); });
    }
}
