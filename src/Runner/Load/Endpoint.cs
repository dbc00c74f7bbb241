using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Wobble.Runner.Load;

/// <summary>Where to connect: a sockaddr in memory that never moves. Lives as long as the process.</summary>
internal sealed unsafe class Endpoint
{
    public const string UnixPrefix = "unix:";
    private const int LongestUnixPath = 107;

    private Endpoint(int family, ReadOnlySpan<byte> afterFamily)
    {
        Family = family;
        Length = sizeof(ushort) + afterFamily.Length;
        Address = (byte*)NativeMemory.AllocZeroed((nuint)Length);
        *(ushort*)Address = (ushort)family;
        afterFamily.CopyTo(new Span<byte>(Address + sizeof(ushort), afterFamily.Length));
    }

    public int Family { get; }
    public byte* Address { get; }
    public int Length { get; }
    public bool IsUnix => Family == Native.AF_UNIX;

    /// <summary>Of a literal address, a name (its first address), or <c>unix:/path</c>. Throws with a sentence when there is none.</summary>
    public static Endpoint Of(string host, int port)
    {
        if (host.StartsWith(UnixPrefix, StringComparison.Ordinal)) return Unix(host[UnixPrefix.Length..]);
        if (IPAddress.TryParse(host.Trim('[', ']'), out var literal)) return Of(literal, port);
        return Of(Resolve(host)[0], port);
    }

    public static Endpoint Of(IPAddress address, int port)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            // sockaddr_in: port (2, big-endian), address (4), zeros (8).
            Span<byte> four = stackalloc byte[14];
            four.Clear();
            BinaryPrimitives.WriteUInt16BigEndian(four, (ushort)port);
            address.TryWriteBytes(four[2..], out _);
            return new Endpoint(Native.AF_INET, four);
        }
        // sockaddr_in6: port (2, big-endian), flow (4), address (16), scope (4, host order).
        Span<byte> six = stackalloc byte[26];
        six.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(six, (ushort)port);
        address.TryWriteBytes(six[6..], out _);
        MemoryMarshal.Write(six[22..], (uint)address.ScopeId);
        return new Endpoint(Native.AF_INET6, six);
    }

    /// <summary>All addresses of a name, in the system's order; at least one, or an <see cref="IOException"/> that says why.</summary>
    public static IPAddress[] Resolve(string name)
    {
        try
        {
            var addresses = Dns.GetHostAddresses(name);
            return addresses.Length > 0 ? addresses : throw new IOException($"{name} has no address");
        }
        catch (SocketException e)
        {
            throw new IOException($"{name} can't be resolved: {e.Message}", e);
        }
    }

    private static Endpoint Unix(string path)
    {
        // A leading @ names an abstract socket: a zero byte in place of it, and no zero at the end.
        bool isAbstract = path.StartsWith('@');
        byte[] bytes = Encoding.UTF8.GetBytes(isAbstract ? "\0" + path[1..] : path + "\0");
        if (bytes.Length > LongestUnixPath + 1 || path.Length == 0) throw new IOException($"{path} can't be a unix socket: 1 to {LongestUnixPath} bytes");
        return new Endpoint(Native.AF_UNIX, bytes);
    }
}
