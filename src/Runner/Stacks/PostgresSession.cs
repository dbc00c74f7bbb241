using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wobble.Runner.Stacks;

/// <summary>Rows of an answer, all as text.</summary>
internal sealed record PostgresRows(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows)
{
    /// <summary>A column of a row by name; null when there is no such column.</summary>
    public string? Value(int row, string column)
    {
        for (int i = 0; i < Columns.Count; i++)
            if (Columns[i] == column) return Rows[row][i];
        return null;
    }
}

/// <summary>The server said no.</summary>
internal sealed class PostgresErrorException(string message) : IOException(message);

/// <summary>
/// One connection that speaks PostgreSQL's simple query protocol, with trust authentication only: enough for probes, checks and pgbouncer's console,
/// which knows no prepared statements. It costs a measurement next to nothing, where a full driver would bring its pool and its start-up time.
/// Not for concurrent use; after an exception it is of no use any more.
/// </summary>
internal sealed class PostgresSession : IAsyncDisposable
{
    private const int ProtocolVersion = 3 << 16;
    private readonly NetworkStream _stream;
    private byte[] _buffer = new byte[8192];

    private PostgresSession(NetworkStream stream) => _stream = stream;

    /// <summary>Logs in at 127.0.0.1.</summary>
    public static async Task<PostgresSession> ConnectAsync(int port, string role, string database, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
            var session = new PostgresSession(new NetworkStream(socket, ownsSocket: true));
            await session.LogInAsync(role, database, cancel);
            return session;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Runs one statement and returns its rows.</summary>
    public async Task<PostgresRows> QueryAsync(string sql, CancellationToken cancel)
    {
        byte[] text = Encoding.UTF8.GetBytes(sql);
        byte[] message = new byte[1 + 4 + text.Length + 1];
        message[0] = (byte)'Q';
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), message.Length - 1);
        text.CopyTo(message, 5);
        await _stream.WriteAsync(message, cancel);

        var columns = new List<string>();
        var rows = new List<IReadOnlyList<string?>>();
        string? error = null;
        while (true)
        {
            var (type, length) = await ReadMessageAsync(cancel);
            var body = _buffer.AsSpan(0, length);
            switch (type)
            {
                case 'T':
                    columns = ReadColumns(body);
                    break;
                case 'D':
                    rows.Add(ReadRow(body));
                    break;
                case 'E':
                    error = ReadError(body);
                    break;
                case 'Z':
                    return error is null ? new PostgresRows(columns, rows) : throw new PostgresErrorException(error);
            }
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task LogInAsync(string role, string database, CancellationToken cancel)
    {
        byte[] parameters = Encoding.UTF8.GetBytes($"user\0{role}\0database\0{database}\0application_name\0wobble\0\0");
        byte[] message = new byte[8 + parameters.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), ProtocolVersion);
        parameters.CopyTo(message, 8);
        await _stream.WriteAsync(message, cancel);
        while (true)
        {
            var (type, length) = await ReadMessageAsync(cancel);
            var body = _buffer.AsSpan(0, length);
            if (type == 'E') throw new PostgresErrorException(ReadError(body));
            if (type == 'R' && BinaryPrimitives.ReadInt32BigEndian(body) != 0) throw new PostgresErrorException($"Role {role} is asked for a password, but the benchmark's roles have none: authentication must be trust.");
            if (type == 'Z') return;
        }
    }

    private async ValueTask<(char Type, int Length)> ReadMessageAsync(CancellationToken cancel)
    {
        await _stream.ReadExactlyAsync(_buffer.AsMemory(0, 5), cancel);
        char type = (char)_buffer[0];
        int length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(1)) - 4;
        if (length is < 0 or > 64 * 1024 * 1024) throw new PostgresErrorException($"This is no PostgreSQL: a message of {length} bytes.");
        if (length > _buffer.Length) _buffer = new byte[length];
        await _stream.ReadExactlyAsync(_buffer.AsMemory(0, length), cancel);
        return (type, length);
    }

    private static List<string> ReadColumns(ReadOnlySpan<byte> body)
    {
        int count = BinaryPrimitives.ReadInt16BigEndian(body);
        body = body[2..];
        var columns = new List<string>(count);
        const int afterName = 18; // table, column, type, size, modifier, format
        for (int i = 0; i < count; i++)
        {
            int end = body.IndexOf((byte)0);
            columns.Add(Encoding.UTF8.GetString(body[..end]));
            body = body[(end + 1 + afterName)..];
        }
        return columns;
    }

    private static string?[] ReadRow(ReadOnlySpan<byte> body)
    {
        var row = new string?[BinaryPrimitives.ReadInt16BigEndian(body)];
        body = body[2..];
        for (int i = 0; i < row.Length; i++)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(body);
            body = body[4..];
            if (length < 0) continue;
            row[i] = Encoding.UTF8.GetString(body[..length]);
            body = body[length..];
        }
        return row;
    }

    // Fields are a letter and a text each; M is the message for people.
    private static string ReadError(ReadOnlySpan<byte> body)
    {
        foreach (string field in Encoding.UTF8.GetString(body).Split('\0'))
            if (field.StartsWith('M')) return field[1..];
        return "an error without a message";
    }
}
