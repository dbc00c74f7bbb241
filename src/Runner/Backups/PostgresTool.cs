using System.Diagnostics;
using Npgsql;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Backups;

/// <summary>
/// pg_dump and pg_restore. The password goes by the environment, which no other user can read, never by the command line; so does how the server is
/// trusted, which libpq would else decide by itself.
/// </summary>
internal static class PostgresTool
{
    // Those whom the system trusts, on Debian: Npgsql asks them where no certificate is named, libpq doesn't.
    private const string SystemCertificates = "/etc/ssl/certs/ca-certificates.crt";

    public static async Task RunAsync(string programs, string program, string connectionString, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var to = new NpgsqlConnectionStringBuilder(connectionString);
        var info = new ProcessStartInfo(Path.Combine(programs, program), ["--no-password", "-h", to.Host ?? "localhost", "-p", $"{to.Port}", "-U", to.Username ?? Environment.UserName, "-d", DatabaseOf(to), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in EnvironmentOf(to, HasOwnRoot() ? null : SystemCertificates)) info.Environment[name] = value;
        using var process = await Launcher.StartAsync(info);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
        await output;
        if (process.ExitCode != 0) throw new HostingException($"{program} ended with code {process.ExitCode}:\n  {(await error).Trim().ReplaceLineEndings("\n  ")}");
    }

    /// <summary>What the connection string says and libpq takes by the environment.</summary>
    /// <param name="to">The connection string.</param>
    /// <param name="trusted">Certificates that a server's is checked by where the connection string names none; null: libpq finds its own.</param>
    public static Dictionary<string, string> EnvironmentOf(NpgsqlConnectionStringBuilder to, string? trusted)
    {
        bool isChecked = to.SslMode is SslMode.VerifyCA or SslMode.VerifyFull;
        (string Name, string? Value)[] all =
        [
            ("PGPASSWORD", to.Password),
            ("PGPASSFILE", Absolute(to.Passfile)),
            ("PGSSLMODE", Word(to.SslMode)),
            ("PGSSLROOTCERT", Absolute(to.RootCertificate) ?? (isChecked ? trusted : null)),
            ("PGSSLCERT", Absolute(to.SslCertificate)),
            ("PGSSLKEY", Absolute(to.SslKey)),
        ];
        return all.Where(v => !string.IsNullOrEmpty(v.Value)).ToDictionary(v => v.Name, v => v.Value!);
    }

    /// <summary>The database that is meant; without a word of it the one of the user's name, as PostgreSQL has it.</summary>
    public static string DatabaseOf(NpgsqlConnectionStringBuilder to) => to.Database ?? to.Username ?? Environment.UserName;

    // As Npgsql finds it, too, before it asks the system.
    private static bool HasOwnRoot() =>
        Environment.GetEnvironmentVariable("PGSSLROOTCERT") is { Length: > 0 } || File.Exists(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".postgresql", "root.crt"));

    // The tools have another working folder.
    private static string? Absolute(string? path) => string.IsNullOrEmpty(path) ? null : Path.GetFullPath(path);

    private static string Word(SslMode mode) => mode switch
    {
        SslMode.Disable => "disable",
        SslMode.Allow => "allow",
        SslMode.Require => "require",
        SslMode.VerifyCA => "verify-ca",
        SslMode.VerifyFull => "verify-full",
        _ => "prefer",
    };
}
