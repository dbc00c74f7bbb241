using System.Net;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Wobble.Results.Storage;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Catalog;

public sealed class HostingFindingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_port_in_use_is_told_with_who_has_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = ListenAddress.Parse($"http://{listener.LocalEndpoint}")[0];

        var taken = HostingFindings.Port(new DataFolder(_folder), address);
        listener.Stop();
        var free = HostingFindings.Port(new DataFolder(_folder), address);

        Assert.Equal((Grade.Error, Grade.Ok), (taken.Grade, free.Grade));
        Assert.Contains($"in use by {File.ReadAllText("/proc/self/comm").Trim()} (process {Environment.ProcessId})", taken.Text);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", null, null, "")]
    [InlineData("http://localhost:5080", null, null, "")]
    [InlineData("http://[::1]:5080", null, null, "")]
    [InlineData("http://*:5080", null, Grade.Warning, "http://*:5080 is reached from the network by plain http")]
    [InlineData("http://0.0.0.0:5080", "http://wobble.example.org", Grade.Warning, "plain http")]
    [InlineData("http://192.168.1.5:5080", null, Grade.Warning, "plain http")]
    [InlineData("http://192.168.1.5:5080", "https://wobble.example.org", Grade.Ok, "people come by https://wobble.example.org")]
    [InlineData("https://192.168.1.5:5443", null, Grade.Ok, "is reached from the network")]
    public void An_address_that_others_reach_by_plain_http_is_told_with_what_to_do(string url, string? publicUrl, object? grade, string text)
    {
        var finding = HostingFindings.Reach(ListenAddress.Parse(url, hasCertificate: true)[0], publicUrl);

        Assert.Equal(grade, finding?.Grade);
        Assert.Contains(text, finding?.Text ?? "", StringComparison.Ordinal);
        Assert.Equal(grade is Grade.Warning, finding?.Remedy?.Contains("http://127.0.0.1:5080, behind a proxy", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("", Grade.Error, "https needs a certificate")]
    [InlineData("/etc/wobble.pfx", Grade.Ok, "is free")]
    public async Task Https_without_a_certificate_is_told_as_the_start_would(string certificate, object grade, string text)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Urls", "https://127.0.0.1:0"), KeyValuePair.Create<string, string?>("Kestrel:Certificates:Default:Path", certificate)]).Build();

        var finding = (await HostingFindings.ExamineAsync(new DataFolder(_folder), settings, default)).Single(f => f.Check == "port");

        Assert.Equal(grade, finding.Grade);
        Assert.Contains(text, finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("max 100000", "max", Grade.Ok, "no group limits")]
    [InlineData("50000 100000", "max", Grade.Warning, "0.5 cores of CPU time")]
    [InlineData("max 100000", "536870912", Grade.Error, "512 MB of memory")]
    [InlineData("max 100000", "8589934592", Grade.Ok, "8192 MB of memory at most")]
    public void A_group_s_limits_are_found_whether_its_own_or_its_parents(string cpu, string memory, object grade, string text)
    {
        string own = Directory.CreateDirectory(Path.Combine(_folder, "system.slice", "wobble.service")).FullName;
        File.WriteAllText(Path.Combine(_folder, "system.slice", "cpu.max"), cpu + "\n");
        File.WriteAllText(Path.Combine(own, "memory.max"), memory + "\n");

        var finding = HostingFindings.Limits(_folder, "0::/system.slice/wobble.service\n");

        Assert.Equal(grade, finding.Grade);
        Assert.Contains(text, finding.Text);
    }

    [Fact]
    public void A_schema_is_told_apart_also_while_the_database_does_not_run()
    {
        var data = new DataFolder(_folder);
        string[] known = [.. new Database.Contexts("Host=none").CreateDbContext().Database.GetMigrations()];
        Finding Of(string noted)
        {
            File.WriteAllText(data.DatabaseSchema, noted);
            return HostingFindings.Down(data);
        }

        Assert.True(HostingFindings.Down(data) is { Grade: Grade.Ok, Remedy: null });
        Database.NoteSchema(data);
        Assert.Equal(Schema.Newest, File.ReadAllText(data.DatabaseSchema).Trim());
        Assert.Equal(Grade.Ok, HostingFindings.Down(data).Grade);
        var old = Of(known[^2] + "\n");
        Assert.Equal(Grade.Warning, old.Grade);
        Assert.Contains("older than this Wobble by 1 change", old.Text);
        Assert.StartsWith("./wobble backup FILE", old.Remedy);
        var newer = Of("29990101000000_FlyingCars\n");
        Assert.Equal(Grade.Error, newer.Grade);
        Assert.Contains("29990101000000_FlyingCars", newer.Text);
        Assert.StartsWith("update this Wobble", newer.Remedy);
        Assert.Equal(Grade.Ok, Of("").Grade);
    }

    [Fact]
    public async Task A_schema_that_is_current_older_newer_or_not_made_is_told_apart_and_left_alone()
    {
        await using var current = await TestDatabase.CreateAsync();
        await using var empty = await TestDatabase.CreateEmptyAsync();
        await using var older = await TestDatabase.CreateAsync();
        await older.ExecuteAsync($"""delete from "__EFMigrationsHistory" where migration_id = '{Schema.Newest}'""");
        await using var newer = await TestDatabase.CreateAsync();
        await newer.ExecuteAsync("""insert into "__EFMigrationsHistory" values ('29990101000000_FlyingCars', '99.0')""");

        Assert.Equal(Grade.Ok, (await HostingFindings.SchemaAsync(current.ConnectionString, default)).Grade);
        var old = await HostingFindings.SchemaAsync(older.ConnectionString, default);
        Assert.Equal(Grade.Warning, old.Grade);
        Assert.Contains("older than this Wobble by 1 change", old.Text);
        Assert.Contains("./wobble backup", old.Remedy);
        string missing = new NpgsqlConnectionStringBuilder(empty.ConnectionString) { Database = "nobody_made_it" }.ConnectionString;
        foreach (string connection in (string[])[empty.ConnectionString, missing])
            Assert.Equal(new Finding("database", Grade.Ok, "reached, and not made yet; ./run makes its tables"), await HostingFindings.SchemaAsync(connection, default));
        Assert.Contains("29990101000000_FlyingCars", (await HostingFindings.SchemaAsync(newer.ConnectionString, default)).Text);
        Assert.Equal(Grade.Error, (await HostingFindings.SchemaAsync("Host=127.0.0.1;Port=1;Username=x;Database=x", default)).Grade);
    }
}
