using System.Runtime.InteropServices;

namespace Wobble.Runner.Load;

/// <summary>
/// epoll, edge-triggered: one recv an answer, and none until EAGAIN (a short read has emptied the socket; what comes later raises a new edge). EPOLLOUT is
/// asked for only when a send can't go on. EPOLLRDHUP tells of the peer's close together with the last bytes, which saves a recv a connection.
/// </summary>
internal sealed unsafe class EpollEngine : Engine
{
    private const int MostEvents = 256;
    // A body of 64 KiB comes in one recv, not in sixteen.
    private const int BufferLength = 64 * 1024;
    // A segment that Nagle's algorithm could hold back is longer than this, or not the first of its connection.
    private const int LongestFirstSegment = 1_400;
    private const long LingerNs = 1_000_000_000;
    private const int Lingering = -1;
    private const int MostLingering = 32 * 1024;

    private readonly Connection[] connections;
    private readonly Endpoint endpoint;
    private readonly bool keepAlive;
    private readonly int epoll;
    private readonly byte* events = (byte*)NativeMemory.AllocZeroed(MostEvents, 16);
    private readonly byte* buffer = (byte*)NativeMemory.AllocZeroed(BufferLength);
    // By file descriptor: its slot, and how often the number was used, so that an event for a socket closed in the same batch is told apart.
    private readonly int[] slotOf;
    private readonly int[] useOf;
    private readonly Queue<(int Socket, int Use, long Until)> lingering;

    public EpollEngine(Connection[] connections, Endpoint endpoint, bool keepAlive, int mostSockets)
    {
        this.connections = connections;
        this.endpoint = endpoint;
        this.keepAlive = keepAlive;
        slotOf = new int[mostSockets];
        useOf = new int[mostSockets];
        lingering = new Queue<(int, int, long)>(MostLingering);
        epoll = Native.EpollCreate(Native.EPOLL_CLOEXEC);
        if (epoll < 0) throw new IOException($"epoll_create1 failed with errno {Native.Errno}");
    }

    public override string Name => "epoll";

    public override int Start(int slot)
    {
        ref var connection = ref connections[slot];
        if (connection.Socket >= 0) return Send(ref connection, isNew: false);

        int socket = Native.Socket(endpoint.Family, Native.SOCK_STREAM | Native.SOCK_NONBLOCK | Native.SOCK_CLOEXEC, 0);
        connection.IsConnecting = true;
        if (socket < 0) return Native.Errno;
        if (socket >= slotOf.Length)
        {
            _ = Native.Close(socket);
            return Native.EMFILE;
        }
        Open++;
        connection.Socket = socket;
        connection.Generation++;
        slotOf[socket] = slot;
        useOf[socket]++;
        if (!endpoint.IsUnix && (keepAlive || connection.RequestLength > LongestFirstSegment)) Native.SetNoDelay(socket);
        if (Native.Connect(socket, endpoint.Address, endpoint.Length) < 0)
        {
            int error = Native.Errno;
            if (error != Native.EINPROGRESS) return error;
            return Register(socket, Native.EPOLL_CTL_ADD, Native.EPOLLOUT);
        }
        // On loopback the handshake is over when connect returns.
        connection.IsConnecting = false;
        return Send(ref connection, isNew: true);
    }

    public override void Release(int slot)
    {
        ref var connection = ref connections[slot];
        if (connection.Socket < 0) return;
        int socket = connection.Socket;
        connection.Socket = -1;
        Open--;
        slotOf[socket] = Lingering;
        lingering.Enqueue((socket, useOf[socket], WokeAt + LingerNs));
    }

    public override void Abort(int slot)
    {
        ref var connection = ref connections[slot];
        if (connection.Socket < 0) return;
        Open--;
        Close(connection.Socket);
        connection.Socket = -1;
        connection.IsConnecting = false;
    }

    public override void Wait(long now, long until, LoadLoop loop)
    {
        long left = Math.Max(0, until - now);
        Native.TimeSpec timeout = new() { Seconds = left / 1_000_000_000, Nanoseconds = left % 1_000_000_000 };
        int count = Native.EpollWait(epoll, events, MostEvents, &timeout, null);
        WokeAt = Clock.Now();
        Handled = Math.Max(0, count);
        for (int i = 0; i < count && !loop.HasEnded; i++)
        {
            byte* e = events + (i * Native.EpollEventSize);
            Dispatch(*(int*)e, *(int*)(e + Native.EpollDataOffset), *(int*)(e + Native.EpollDataOffset + sizeof(int)), loop);
        }
        if (lingering.Count > 0) EndLingering();
    }

    private void Dispatch(int flags, int socket, int use, LoadLoop loop)
    {
        if (useOf[socket] != use) return;
        int slot = slotOf[socket];
        if (slot == Lingering)
        {
            if ((flags & (Native.EPOLLRDHUP | Native.EPOLLHUP | Native.EPOLLERR)) != 0) Close(socket);
            return;
        }
        ref var connection = ref connections[slot];
        // Once asked for, EPOLLOUT comes along with every later event of that socket.
        if ((flags & Native.EPOLLOUT) != 0 && connection.Sent < connection.RequestLength)
        {
            int error = connection.IsConnecting ? Native.ConnectResult(socket) : 0;
            if (error == 0)
            {
                connection.IsConnecting = false;
                error = Send(ref connection, isNew: false);
            }
            if (error != 0)
            {
                loop.OnClosed(slot, error);
                return;
            }
        }
        if ((flags & ~Native.EPOLLOUT) != 0) Receive(flags, socket, use, slot, loop);
    }

    private void Receive(int flags, int socket, int use, int slot, LoadLoop loop)
    {
        while (true)
        {
            int length = (int)Native.Receive(socket, buffer, BufferLength, 0);
            if (length > 0)
            {
                bool isClosed = length < BufferLength && (flags & Native.EPOLLRDHUP) != 0;
                loop.OnReceived(slot, new ReadOnlySpan<byte>(buffer, length), isClosed);
                bool isSame = useOf[socket] == use && slotOf[socket] == slot;
                if (length < BufferLength || !isSame || loop.HasEnded) return;
                continue;
            }
            int error = length == 0 ? 0 : Native.Errno;
            if (error != Native.EAGAIN) loop.OnClosed(slot, error);
            return;
        }
    }

    private int Send(ref Connection connection, bool isNew)
    {
        while (connection.Sent < connection.RequestLength)
        {
            nint sent = Native.Send(connection.Socket, connection.Request + connection.Sent, connection.RequestLength - connection.Sent, Native.MSG_NOSIGNAL);
            if (sent < 0)
            {
                int error = Native.Errno;
                return error == Native.EAGAIN ? Register(connection.Socket, isNew ? Native.EPOLL_CTL_ADD : Native.EPOLL_CTL_MOD, Native.EPOLLOUT) : error;
            }
            connection.Sent += (int)sent;
        }
        // Added after the send: what has come until then is reported all the same.
        return isNew ? Register(connection.Socket, Native.EPOLL_CTL_ADD, 0) : 0;
    }

    private int Register(int socket, int operation, int more)
    {
        byte* e = stackalloc byte[16];
        *(int*)e = Native.EPOLLIN | Native.EPOLLRDHUP | Native.EPOLLET | more;
        *(int*)(e + Native.EpollDataOffset) = socket;
        *(int*)(e + Native.EpollDataOffset + sizeof(int)) = useOf[socket];
        return Native.EpollControl(epoll, operation, socket, e) < 0 ? Native.Errno : 0;
    }

    private void EndLingering()
    {
        while (lingering.TryPeek(out var oldest))
        {
            bool isGone = useOf[oldest.Socket] != oldest.Use || slotOf[oldest.Socket] != Lingering;
            if (!isGone && oldest.Until > WokeAt) return;
            if (!isGone) Close(oldest.Socket);
            lingering.Dequeue();
        }
    }

    private void Close(int socket)
    {
        useOf[socket]++;
        _ = Native.Close(socket);
    }

    public override void Dispose()
    {
        for (int slot = 0; slot < connections.Length; slot++) Abort(slot);
        foreach (var (socket, use, _) in lingering)
        {
            if (useOf[socket] == use && slotOf[socket] == Lingering) Close(socket);
        }
        lingering.Clear();
        _ = Native.Close(epoll);
        NativeMemory.Free(events);
        NativeMemory.Free(buffer);
    }
}
