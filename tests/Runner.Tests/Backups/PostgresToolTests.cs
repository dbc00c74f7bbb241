using Npgsql;
using Wobble.Runner.Backups;

namespace Wobble.Runner.Tests.Backups;

/// <summary>What of a connection string pg_dump and pg_restore are told.</summary>
public sealed class PostgresToolTests
{
    [Theory]
    [InlineData("Disable", "disable"), InlineData("Allow", "allow"), InlineData("Prefer", "prefer"), InlineData("Require", "require"), InlineData("VerifyCA", "verify-ca"), InlineData("VerifyFull", "verify-full")]
    public void They_trust_the_server_as_Wobble_does(string mode, string expected) =>
        Assert.Equal(expected, Of($"Host=db;SSL Mode={mode}")["PGSSLMODE"]);

    [Fact]
    public void Certificates_and_passwords_go_along_and_none_that_was_not_named()
    {
        var all = Of("Host=db;Username=wobble;Password=secret;Passfile=/etc/pass;SSL Mode=VerifyFull;Root Certificate=/etc/db.pem;SSL Certificate=/etc/me.pem;SSL Key=/etc/me.key");

        Assert.Equal(
            [("PGPASSFILE", "/etc/pass"), ("PGPASSWORD", "secret"), ("PGSSLCERT", "/etc/me.pem"), ("PGSSLKEY", "/etc/me.key"), ("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", "/etc/db.pem")],
            all.Select(v => (v.Key, v.Value)).OrderBy(v => v.Key, StringComparer.Ordinal));
        Assert.Equal(["PGSSLMODE"], Of("Host=db").Keys);
        // The tools are started in another folder.
        Assert.Equal(Path.GetFullPath("db.pem"), Of("Host=db;SSL Mode=VerifyCA;Root Certificate=db.pem")["PGSSLROOTCERT"]);
    }

    [Fact]
    public void A_server_that_is_checked_is_checked_by_what_the_system_trusts_where_nothing_is_named()
    {
        Assert.Equal("/system", Of("Host=db;SSL Mode=VerifyFull", "/system")["PGSSLROOTCERT"]);
        Assert.Equal("/etc/db.pem", Of("Host=db;SSL Mode=VerifyFull;Root Certificate=/etc/db.pem", "/system")["PGSSLROOTCERT"]);
        // With one libpq would check what nobody asked it to.
        Assert.DoesNotContain("PGSSLROOTCERT", Of("Host=db;SSL Mode=Require", "/system").Keys);
    }

    [Theory]
    [InlineData("Host=db;Username=lab;Database=wobble", "wobble"), InlineData("Host=db;Username=lab", "lab")]
    public void Without_a_database_the_one_of_the_users_name_is_meant(string connectionString, string expected) =>
        Assert.Equal(expected, PostgresTool.DatabaseOf(new NpgsqlConnectionStringBuilder(connectionString)));

    private static Dictionary<string, string> Of(string connectionString, string? trusted = null) => PostgresTool.EnvironmentOf(new NpgsqlConnectionStringBuilder(connectionString), trusted);
}
