using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using HdrHistogram;
using Wobble.Results.Statistics;

namespace Wobble.Tests.Support;

/// <summary>
/// A server whose latencies are known: <c>/delay?us=N</c> answers after N µs, <c>/work?us=N</c> takes its turn in one queue and N µs of it. It can stall on a
/// timetable. It notes for each answer, by its path, the time from the request's arrival to its own send, so that a generator can be held to it. One thread on epoll.
/// </summary>
public sealed partial class KnownServer : IDisposable
{
    private const int EpollIn = 1, EpollAdd = 1, MostEvents = 64;
    private static readonly byte[] Answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok");

    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Dictionary<int, Socket> connections = [];
    private readonly PriorityQueue<(Socket Socket, string Path, long ArrivedAt), long> due = new();
    private readonly Dictionary<string, LongHistogram> seen = [];
    private readonly int epoll = CreateEpoll(0);
    private readonly bool isBusy;
    private readonly Action? takePlace;
    private readonly TimeSpan stallEvery, stallFor;
    private readonly Thread thread;
    private long queueFreeAt, slept;
    private volatile bool isOver;

    /// <summary>Starts it on a free port of 127.0.0.1.</summary>
    /// <param name="isBusy">Looks for requests almost without sleeping, at one core's price: exact to some µs, but for the fourteenth of the time that it sleeps.</param>
    /// <param name="stallEvery">When above zero: a stall begins each time so much has passed since <see cref="StallsFrom"/>.</param>
    /// <param name="stallFor">How long nothing is answered then.</param>
    /// <param name="takePlace">Called on the server's own thread before it serves: its core and its priority.</param>
    public KnownServer(bool isBusy = false, TimeSpan stallEvery = default, TimeSpan stallFor = default, Action? takePlace = null)
    {
        this.isBusy = isBusy;
        this.takePlace = takePlace;
        this.stallEvery = stallEvery;
        this.stallFor = stallFor;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4096);
        listener.Blocking = false;
        Watch((int)listener.Handle);
        StallsFrom = System.Diagnostics.Stopwatch.GetTimestamp();
        thread = new Thread(Run) { IsBackground = true, Name = "known server" };
        thread.Start();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    /// <summary>Monotonic ns at which the timetable of stalls begins.</summary>
    public long StallsFrom { get; }

    /// <summary>Forgets what was seen, as a measurement does with its warm-up.</summary>
    public void Forget()
    {
        lock (seen) seen.Clear();
    }

    /// <summary>What it saw of each path since <see cref="Forget"/>.</summary>
    public IReadOnlyDictionary<string, LongHistogram> Seen()
    {
        lock (seen)
        {
            return seen.ToDictionary(s => s.Key, s =>
            {
                var copy = Histograms.Create();
                copy.Add(s.Value);
                return copy;
            });
        }
    }

    private static long Now() => System.Diagnostics.Stopwatch.GetTimestamp();

    private unsafe void Run()
    {
        // epoll_event: 12 bytes on x86-64, 16 elsewhere; the descriptor lies in its data.
        int size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
        byte* events = stackalloc byte[MostEvents * 16];
        var buffer = new byte[4096];
        takePlace?.Invoke();
        while (!isOver)
        {
            int count = isBusy ? Look(events) : WaitEpoll(epoll, events, MostEvents, Patience());
            for (int i = 0; i < count; i++) Read(*(int*)(events + (i * size) + size - 8), buffer);
            long now = Now();
            while (due.TryPeek(out var next, out long at) && at <= now && !IsStalled(now, out _))
            {
                due.Dequeue();
                Send(next.Socket, next.Path, next.ArrivedAt);
                now = Now();
            }
        }
    }

    // A fourteenth of the time it sleeps, 70 µs at once and never shortly before an answer is due: real-time threads that never do lose their core for 50 ms of each second.
    private unsafe int Look(byte* events)
    {
        const long Nap = 70_000, Margin = 200_000, Share = 14;
        long now = Now();
        bool isNear = due.TryPeek(out _, out long at) && at - now < Nap + Margin;
        // What it could not sleep before, it doesn't make up for.
        slept = Math.Max(slept, ((now - StallsFrom) / Share) - (10 * Nap));
        if (isNear || ((now - StallsFrom) / Share) - slept < Nap) return WaitEpoll(epoll, events, MostEvents, 0);
        var nap = new TimeSpec { Nanoseconds = Nap };
        int count = WaitEpollExactly(epoll, events, MostEvents, &nap, null);
        slept += Now() - now;
        return count;
    }

    private int Patience()
    {
        if (!due.TryPeek(out _, out long at)) return 20;
        long now = Now();
        long wait = IsStalled(Math.Max(now, at), out long until) ? until - now : at - now;
        return (int)Math.Clamp(wait / 1_000_000, 0, 20);
    }

    private bool IsStalled(long now, out long until)
    {
        until = 0;
        if (stallEvery == TimeSpan.Zero) return false;
        long into = (now - StallsFrom) % (long)stallEvery.TotalNanoseconds;
        until = now - into + (long)stallFor.TotalNanoseconds;
        return into < (long)stallFor.TotalNanoseconds;
    }

    private void Read(int descriptor, byte[] buffer)
    {
        if (descriptor == (int)listener.Handle)
        {
            Accept();
            return;
        }
        if (!connections.TryGetValue(descriptor, out var socket)) return;
        int length = socket.Receive(buffer, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        if (length <= 0)
        {
            connections.Remove(descriptor);
            socket.Dispose();
            return;
        }
        long now = Now();
        string path = Encoding.ASCII.GetString(buffer, 0, length).Split(' ')[1];
        long ns = long.Parse(path[(path.IndexOf('=', StringComparison.Ordinal) + 1)..], System.Globalization.CultureInfo.InvariantCulture) * 1_000;
        long at = now + ns;
        if (path.StartsWith("/work", StringComparison.Ordinal)) at = queueFreeAt = Math.Max(now, queueFreeAt) + ns;
        due.Enqueue((socket, path, now), at);
    }

    private void Accept()
    {
        while (true)
        {
            try
            {
                var socket = listener.Accept();
                socket.Blocking = false;
                socket.NoDelay = true;
                connections[(int)socket.Handle] = socket;
                Watch((int)socket.Handle);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private void Send(Socket socket, string path, long arrivedAt)
    {
        long ns = Now() - arrivedAt;
        lock (seen)
        {
            if (!seen.TryGetValue(path, out var histogram)) seen[path] = histogram = Histograms.Create();
            Histograms.Record(histogram, ns);
        }
        try
        {
            socket.Send(Answer, SocketFlags.None, out _);
        }
        catch (ObjectDisposedException)
        {
            // The client left before its answer was due.
        }
    }

    private unsafe void Watch(int descriptor)
    {
        byte* e = stackalloc byte[16];
        int size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
        *(int*)e = EpollIn;
        *(long*)(e + size - 8) = descriptor;
        _ = ControlEpoll(epoll, EpollAdd, descriptor, e);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        isOver = true;
        thread.Join();
        foreach (var socket in connections.Values) socket.Dispose();
        listener.Dispose();
        _ = Close(epoll);
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    private static partial int CreateEpoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    private static unsafe partial int ControlEpoll(int epoll, int operation, int descriptor, byte* e);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    private static unsafe partial int WaitEpoll(int epoll, byte* events, int most, int timeout);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2")]
    private static unsafe partial int WaitEpollExactly(int epoll, byte* events, int most, TimeSpec* timeout, void* signals);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
