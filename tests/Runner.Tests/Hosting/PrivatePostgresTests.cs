using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Hosting;

public sealed class PrivatePostgresTests : IDisposable
{
    private readonly DataFolder _data;

    public PrivatePostgresTests()
    {
        _data = new DataFolder(Directory.CreateTempSubdirectory("wobble-test-data-").FullName);
        File.SetUnixFileMode(_data.Root, File.GetUnixFileMode(_data.Root) | UnixFileMode.OtherExecute);
    }

    [Fact]
    public async Task A_cluster_is_made_asks_for_its_password_and_listens_on_no_port()
    {
        var postgres = new PrivatePostgres(_data, UnprivilegedUser.OfServices());
        await postgres.PrepareAsync();
        using var server = await Child.StartAsync(postgres.Spec, _ => { });
        await postgres.WaitUntilReadyAsync(CancellationToken.None);

        Assert.Equal("", await AskAsync(postgres.ConnectionString, "show listen_addresses"));
        var wrong = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guess", Pooling = false };
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => AskAsync(wrong.ConnectionString, "select 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
        await server.StopAsync(CancellationToken.None);
        Assert.Equal(0, await server.Exited);
    }

    [Fact]
    public async Task A_server_that_was_killed_or_left_is_ended_before_the_next_and_its_data_stay()
    {
        var first = new PrivatePostgres(_data, UnprivilegedUser.OfServices());
        await first.PrepareAsync();
        using var left = await Child.StartAsync(first.Spec, _ => { });
        await first.WaitUntilReadyAsync(CancellationToken.None);
        await AskAsync(first.ConnectionString, "create table kept as select 42 as answer");
        File.Delete(Path.Combine(_data.Database, "password"));

        var second = new PrivatePostgres(_data, UnprivilegedUser.OfServices());
        await second.PrepareAsync();
        Assert.Equal(0, await left.Exited);
        using var server = await Child.StartAsync(second.Spec, _ => { });
        await second.WaitUntilReadyAsync(CancellationToken.None);

        Assert.Equal("42", await AskAsync(second.ConnectionString, "select answer from kept"));
        await server.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("the database system is starting up", true), InlineData("the database system is in recovery mode", true), InlineData("the database system is not yet accepting connections", true)]
    [InlineData("the database system is shutting down", false)]
    public async Task One_that_recovers_is_not_hung_and_that_is_told_once(string message, bool answers)
    {
        using var server = new ClosedServer(Path.Combine(Directory.CreateDirectory(PrivatePostgres.SocketFolder(_data.Database)).FullName, ".s.PGSQL.5432"), message);
        var told = new List<string>();
        var health = new PrivatePostgres(_data, null, tell: told.Add).Spec.Health!;

        Assert.Equal(answers, await AskedAsync(health));
        Assert.Equal(answers, await AskedAsync(health));

        Assert.Equal(answers ? 1 : 0, told.Count);
    }

    private static async Task<bool> AskedAsync(HealthCheck health)
    {
        try
        {
            return await health.Answers(TestContext.Current.CancellationToken);
        }
        catch (PostgresException)
        {
            return false;
        }
    }

    [Fact]
    public async Task What_it_keeps_is_closed_to_others_and_its_user_can_put_no_link_in_place_of_it()
    {
        var user = UnprivilegedUser.OfServices();
        await new PrivatePostgres(_data, user).PrepareAsync();
        string ModeOf(string name) => Convert.ToString((int)File.GetUnixFileMode(Path.Combine(_data.Database, name)), 8);

        Assert.Equal((user is null ? "700" : "710", "700", "700", "600"), (ModeOf(""), ModeOf("data"), ModeOf("socket"), ModeOf("password")));
        if (user is null) return;
        var link = await ShortProcess.RunAsync(["/usr/bin/setpriv", $"--reuid={user.Uid}", $"--regid={user.Gid}", "--clear-groups", "--", "/usr/bin/ln", "-sfT", "/etc/shadow", Path.Combine(_data.Database, "password")], new Dictionary<string, string>(), TimeSpan.FromSeconds(10));
        Assert.Contains("Permission denied", link.Output);
    }

    [Theory]
    [InlineData("password"), InlineData("socket")]
    public async Task A_link_that_was_left_there_is_not_followed(string name)
    {
        string outside = Path.Combine(_data.Root, "outside");
        Directory.CreateDirectory(_data.Database);
        if (name == "password") File.WriteAllText(outside, "secret of others\n"); else Directory.CreateDirectory(outside);
        var before = File.GetUnixFileMode(outside);
        File.CreateSymbolicLink(Path.Combine(_data.Database, name), outside);

        var postgres = new PrivatePostgres(_data, UnprivilegedUser.OfServices());
        if (name == "socket") Assert.Contains("socket is no folder of Wobble's own", (await Assert.ThrowsAsync<HostingException>(postgres.PrepareAsync)).Message);
        else await postgres.PrepareAsync();

        Assert.Equal(before, File.GetUnixFileMode(outside));
        Assert.DoesNotContain("secret of others", postgres.ConnectionString);
        if (name == "password") Assert.Null(new FileInfo(Path.Combine(_data.Database, name)).LinkTarget);
    }

    [Fact]
    public void A_cluster_of_another_PostgreSQL_is_named_with_what_to_install()
    {
        string cluster = Directory.CreateDirectory(Path.Combine(_data.Root, "cluster")).FullName;
        File.WriteAllText(Path.Combine(cluster, "PG_VERSION"), "9\n");

        var refusal = Assert.Throws<HostingException>(() => PrivatePostgres.Binaries("/usr/lib/postgresql", cluster));

        Assert.Contains("made by PostgreSQL 9", refusal.Message);
        Assert.Contains("postgresql-9", refusal.Message);
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_socket_gets_a_short_one()
    {
        string folder = "/var/" + new string('x', 100);

        Assert.StartsWith("/var/lib/wobble/database/socket", PrivatePostgres.SocketFolder("/var/lib/wobble/database"));
        Assert.InRange(PrivatePostgres.SocketFolder(folder).Length, 10, 60);
        Assert.NotEqual(PrivatePostgres.SocketFolder(folder), PrivatePostgres.SocketFolder(folder + "y"));
    }

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        Directory.Delete(_data.Root, recursive: true);
    }

    private static async Task<string?> AskAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    /// <summary>A server on PostgreSQL's socket that lets nobody in (57P03), and says why.</summary>
    private sealed class ClosedServer : IDisposable
    {
        private const int AskForEncryption = 80_877_103, AskForGss = 80_877_104;
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public ClosedServer(string path, string message)
        {
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            _listener.Listen();
            _ = AnswerAsync(message);
        }

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(string message)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptAsync();
                    using var stream = new NetworkStream(client);
                    while (await RequestAsync(stream) is AskForEncryption or AskForGss) await stream.WriteAsync("N"u8.ToArray());
                    byte[] fields = Encoding.ASCII.GetBytes($"SFATAL\0VFATAL\0C57P03\0M{message}\0\0");
                    byte[] length = new byte[4];
                    BinaryPrimitives.WriteInt32BigEndian(length, fields.Length + 4);
                    await stream.WriteAsync((byte[])[(byte)'E', .. length, .. fields]);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }

        private static async Task<int> RequestAsync(NetworkStream stream)
        {
            byte[] head = new byte[8];
            await stream.ReadExactlyAsync(head);
            await stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(head) - 8]);
            return BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4));
        }
    }
}
