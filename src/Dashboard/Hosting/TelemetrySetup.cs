using System.Diagnostics;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Wobble.Results;

namespace Wobble.Dashboard.Hosting;

/// <summary>Traces and metrics of the Dashboard, sent by OTLP over HTTP to the setting OtlpEndpoint; nothing is made or sent without it.</summary>
internal static class TelemetrySetup
{
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        string? endpoint = builder.Configuration["OtlpEndpoint"];
        if (Telemetry.Refuse(endpoint) is { } wrong) throw new SettingException(wrong);
        if (string.IsNullOrWhiteSpace(endpoint)) return;
        string address = endpoint.Trim().TrimEnd('/');
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("wobble-dashboard", serviceVersion: typeof(TelemetrySetup).Assembly.GetName().Version?.ToString()))
            .WithTracing(traces => traces
                .AddSource(Telemetry.Name, "Npgsql")
                .AddAspNetCoreInstrumentation(options =>
                {
                    options.Filter = context => !context.Request.Path.StartsWithSegments("/_blazor") && !context.Request.Path.StartsWithSegments("/healthz") && !context.Request.Path.StartsWithSegments("/readyz");
                    options.EnrichWithHttpResponse = (activity, _) => Discreet(activity);
                })
                .AddOtlpExporter(options => Send(options, $"{address}/v1/traces")))
            .WithMetrics(metrics => metrics
                .AddMeter(Telemetry.Name, "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Components", "Microsoft.AspNetCore.RateLimiting", "System.Runtime")
                .AddOtlpExporter(options => Send(options, $"{address}/v1/metrics")));
    }

    private static void Send(OtlpExporterOptions options, string address) => (options.Protocol, options.Endpoint) = (OtlpExportProtocol.HttpProtobuf, new Uri(address));

    // A permalink's slug is its secret, and the route says enough.
    private static void Discreet(Activity activity)
    {
        activity.SetTag("url.path", null);
        activity.SetTag("url.query", null);
    }
}
