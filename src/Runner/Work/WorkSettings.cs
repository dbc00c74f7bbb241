using Microsoft.Extensions.Configuration;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Work;

/// <summary>A setting of the Runner that can't be used, said so that whoever set it can mend it.</summary>
internal sealed class WorkSettingException(string message) : Exception(message);

/// <summary>What a Runner needs to know before it starts.</summary>
internal sealed record WorkSettings(string Name, string ConnectionString, DataFolder Data)
{
    /// <summary>How often queues are looked into when no bell rings.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where traces and metrics are sent by OTLP over HTTP; null: nowhere.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>How long runs are kept; heeded with <see cref="Housekeeping"/> alone.</summary>
    public Retention Retention { get; init; } = Retention.Default;

    /// <summary>True: it deletes by retention and removes what was deleted, of all Runners' runs. `up` says so to its own Runner.</summary>
    public bool Housekeeping { get; init; }

    /// <summary>Held by whatever run goes on on this machine.</summary>
    public string MachineLockPath { get; init; } = MachineLock.DefaultPath;

    /// <summary>True: webhooks may go to addresses of private networks, too.</summary>
    public bool AllowPrivateWebhooks { get; init; }

    /// <summary>True: its log is JSON, an object a line.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Reads <c>RunnerName</c>, <c>ConnectionStrings:Wobble</c>, <c>DataFolder</c> and what else is set.</summary>
    public static WorkSettings From(IConfiguration configuration)
    {
        string name = configuration["RunnerName"] is { Length: > 0 } given ? given : RunnerName.FromHost(Environment.MachineName);
        if (!RunnerName.IsValid(name)) throw new WorkSettingException($"RunnerName: {name} is not allowed; {RunnerName.Allowed}.");
        if (configuration.GetConnectionString("Wobble") is not { Length: > 0 } connection)
            throw new WorkSettingException("ConnectionStrings__Wobble is not set: it names Wobble's own PostgreSQL, such as Host=10.0.0.5;Database=wobble;Username=wobble;Password=… (./run sets it by itself).");
        try
        {
            Database.Parse(connection);
        }
        catch (HostingException e)
        {
            throw new WorkSettingException(e.Message);
        }
        string folder = configuration["DataFolder"] is { Length: > 0 } data ? data : DataFolder.Default;
        string? allow = configuration["Webhooks:AllowPrivate"];
        if (allow is not (null or "") && !bool.TryParse(allow, out _)) throw new WorkSettingException($"Webhooks__AllowPrivate: {allow} is not allowed; true or false.");
        string? keeps = configuration["Housekeeping"];
        if (keeps is not (null or "") && !bool.TryParse(keeps, out _)) throw new WorkSettingException($"Housekeeping: {keeps} is not allowed; true or false.");
        string? format = configuration["LogFormat"]?.Trim();
        if (format is not (null or "" or "text" or "json")) throw new WorkSettingException($"LogFormat: {format} is not allowed; text or json.");
        if (Results.Telemetry.Refuse(configuration["OtlpEndpoint"]) is { } wrong) throw new WorkSettingException(wrong);
        var errors = new List<FieldError>();
        var retention = Retention.Read(key => configuration[key], errors);
        if (errors.Count > 0) throw new WorkSettingException(errors[0].ToString());
        return new WorkSettings(name, connection, new DataFolder(folder)) { Retention = retention, Housekeeping = bool.TryParse(keeps, out bool isKeeper) && isKeeper, AllowPrivateWebhooks = bool.TryParse(allow, out bool isAllowed) && isAllowed, JsonLogs = format == "json", OtlpEndpoint = string.IsNullOrWhiteSpace(configuration["OtlpEndpoint"]) ? null : configuration["OtlpEndpoint"]!.Trim().TrimEnd('/') };
    }
}
