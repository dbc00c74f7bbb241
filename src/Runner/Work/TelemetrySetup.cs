using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Wobble.Results;

namespace Wobble.Runner.Work;

/// <summary>Traces and metrics of the Runner, sent by OTLP over HTTP to the setting OtlpEndpoint; nothing is made or sent without it.</summary>
internal static class TelemetrySetup
{
    public static void AddTelemetry(this IServiceCollection services, WorkSettings settings)
    {
        if (settings.OtlpEndpoint is not { } endpoint) return;
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("wobble-runner", serviceInstanceId: settings.Name, autoGenerateServiceInstanceId: false))
            .WithTracing(traces => traces.AddSource(Telemetry.Name, "Npgsql").AddOtlpExporter(options => Send(options, $"{endpoint}/v1/traces")))
            .WithMetrics(metrics => metrics.AddMeter(Telemetry.Name, "Npgsql", "System.Runtime").AddOtlpExporter(options => Send(options, $"{endpoint}/v1/metrics")));
    }

    private static void Send(OtlpExporterOptions options, string address) => (options.Protocol, options.Endpoint) = (OtlpExportProtocol.HttpProtobuf, new Uri(address));
}
