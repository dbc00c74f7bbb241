using Microsoft.Extensions.Configuration;
using Wobble.Results.Domain;
using Wobble.Runner.Commands;

namespace Wobble.Runner.Hosting;

/// <summary>What <c>up</c> starts: options before environment before appsettings.json.</summary>
internal sealed record UpSettings
{
    public required DataFolder Data { get; init; }
    /// <summary>Where the Dashboard listens.</summary>
    public required IReadOnlyList<ListenAddress> Addresses { get; init; }
    /// <summary>A PostgreSQL of the user's own; null: a private one.</summary>
    public required string? ConnectionString { get; init; }
    /// <summary>What a link begins with elsewhere; null when only this machine is meant.</summary>
    public required string? PublicUrl { get; init; }
    /// <summary>The API's token by WOBBLE_TOKEN; null: a kept one.</summary>
    public required string? Token { get; init; }
    /// <summary>True: the logs of Runner and Dashboard are JSON, an object a line.</summary>
    public bool JsonLogs { get; init; }
    /// <summary>When a child counts as hung.</summary>
    public HealthTiming Health { get; init; } = HealthTiming.Usual;
    /// <summary>The Runner's executable: this one.</summary>
    public required string Runner { get; init; }
    /// <summary>The Dashboard's.</summary>
    public required string Dashboard { get; init; }

    /// <summary>Reads them; throws with a sentence that names what is wrong and what is allowed.</summary>
    public static UpSettings Read(string? urls, string? data, IConfiguration configuration)
    {
        string baseFolder = AppContext.BaseDirectory.TrimEnd('/');
        return new UpSettings
        {
            Data = new DataFolder(Text(data) ?? Text(configuration["DataFolder"]) ?? DataFolder.Default),
            Addresses = ListenAddress.Parse(urls ?? configuration["Urls"] ?? "", HasCertificate(configuration)),
            ConnectionString = Text(configuration.GetConnectionString("Wobble")),
            PublicUrl = Text(configuration["PublicUrl"])?.TrimEnd('/'),
            JsonLogs = Text(configuration["LogFormat"]) switch
            {
                null or "text" => false,
                "json" => true,
                var other => throw new HostingException(new FieldError("LogFormat", other, "text or json").ToString(), ExitCodes.BadInput),
            },
            Token = ReadToken(Text(configuration["WOBBLE_TOKEN"])),
            Runner = Executable(baseFolder, "Runner"),
            Dashboard = DashboardOf(baseFolder),
        };
    }

    /// <summary>Whether the Dashboard is given a certificate, so that it may listen on https itself.</summary>
    public static bool HasCertificate(IConfiguration configuration) => Text(configuration["Kestrel:Certificates:Default:Path"]) is not null;

    /// <summary>The settings file beside this program, then the environment.</summary>
    public static IConfiguration Configuration() => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
        .AddEnvironmentVariables()
        .Build();

    /// <summary>Published: beside this program's folder. Built: the same place below the other project.</summary>
    private static string DashboardOf(string baseFolder)
    {
        string published = Executable(Path.Combine(Path.GetDirectoryName(baseFolder)!, "Dashboard"), "Dashboard");
        string built = Executable(baseFolder.Replace("/src/Runner/bin/", "/src/Dashboard/bin/", StringComparison.Ordinal), "Dashboard");
        return File.Exists(published) ? published : File.Exists(built) ? built : throw new HostingException($"The Dashboard was not found: neither {published} nor {built} is there. ./run builds it.");
    }

    // Here already: the Dashboard would say it at each of its starts, until one gives up on it.
    private static string? ReadToken(string? token) => TokenRule.Refuse(token) is { } refusal ? throw new HostingException(refusal, ExitCodes.BadInput) : token;

    private static string Executable(string folder, string name) => Path.Combine(folder, name);

    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
