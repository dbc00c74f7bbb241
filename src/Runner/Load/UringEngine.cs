using System.Runtime.CompilerServices;
using static Wobble.Runner.Load.NativeUring;

namespace Wobble.Runner.Load;

/// <summary>
/// io_uring. A connection is a chain in one submission: socket into the slot's place in the file table (which closes what was there), connect, send,
/// receive; with keep-alive the receive is multishot, and each further request is one send. Sends complete silently. One system call a turn.
/// Requests are one segment each (see <see cref="EngineChoice"/>), so no send is ever short and Nagle's algorithm has nothing to hold back.
/// </summary>
internal sealed unsafe class UringEngine : Engine
{
    private enum Operation : byte { Socket, Connect, Send, Receive, Other }

    private const int ChainLength = 4, AbortLength = 2;
    private const int SlotShift = 8, GenerationShift = 32, SlotMask = 0xFFFFFF;
    private const byte Silent = SQE_CQE_SKIP_SUCCESS | SQE_FIXED_FILE;
    private const uint WaitAll = 0x100;
    private const long LingerNs = 1_000_000_000;
    private const int MostLingering = 32 * 1024;

    private readonly Connection[] connections;
    private readonly Endpoint endpoint;
    private readonly bool keepAlive;
    private readonly Batching batching;
    private readonly int[] released;
    private readonly Queue<(ulong Receive, long Until)> lingering = new(MostLingering);
    private int releasedCount;
    private UringRing? madeRing;

    public UringEngine(Connection[] connections, Endpoint endpoint, bool keepAlive, bool isOpenLoop)
    {
        this.connections = connections;
        this.endpoint = endpoint;
        this.keepAlive = keepAlive;
        batching = new Batching(isOpenLoop ? 0 : connections.Length);
        released = new int[connections.Length];
    }

    public override string Name => "io_uring";

    private UringRing Ring => madeRing!;

    public override void Prepare() => madeRing = new UringRing(connections.Length);

    public override int Start(int slot)
    {
        ref var connection = ref connections[slot];
        connection.Sent = connection.RequestLength;
        if (connection.Socket >= 0)
        {
            Ring.Reserve(1);
            Send(slot, ref connection, linked: false);
            return 0;
        }
        connection.Socket = slot;
        connection.IsConnecting = true;
        connection.Generation++;
        Open++;
        Ring.Reserve(ChainLength);
        var socket = Ring.Next();
        socket->Operation = OP_SOCKET;
        socket->Flags = SQE_IO_LINK | SQE_CQE_SKIP_SUCCESS;
        socket->File = endpoint.Family;
        socket->Offset = Native.SOCK_STREAM;
        socket->FileIndex = (uint)slot + 1;
        socket->UserData = Tag(Operation.Socket, slot, connection.Generation);
        var connect = Ring.Next();
        connect->Operation = OP_CONNECT;
        connect->Flags = SQE_IO_LINK | Silent;
        connect->File = slot;
        connect->Address = (ulong)endpoint.Address;
        connect->Offset = (ulong)endpoint.Length;
        connect->UserData = Tag(Operation.Connect, slot, connection.Generation);
        Send(slot, ref connection, linked: true);
        Receive(slot, ref connection);
        return 0;
    }

    public override void Release(int slot)
    {
        ref var connection = ref connections[slot];
        if (connection.Socket < 0) return;
        // The multishot receive holds the socket until the peer has closed; without keep-alive none is under way.
        if (keepAlive) lingering.Enqueue((Tag(Operation.Receive, slot, connection.Generation), WokeAt + LingerNs));
        GiveUp(ref connection);
        released[releasedCount++] = slot;
    }

    public override void Abort(int slot)
    {
        ref var connection = ref connections[slot];
        if (connection.Socket < 0) return;
        GiveUp(ref connection);
        Ring.Reserve(AbortLength);
        var cancel = Ring.Next();
        cancel->Operation = OP_ASYNC_CANCEL;
        cancel->Flags = SQE_CQE_SKIP_SUCCESS;
        cancel->File = slot;
        cancel->OperationFlags = CANCEL_ALL | CANCEL_FD | CANCEL_FD_FIXED;
        cancel->UserData = Tag(Operation.Other, slot, 0);
        CloseFile(slot);
    }

    public override void Wait(long now, long until, LoadLoop loop)
    {
        CloseReleased();
        long left = Math.Max(0, until - now);
        uint wait = left == 0 ? 0 : batching.Wait;
        Ring.Wait(wait, left, wait > 1 ? Batching.MostDelayUs : 0);
        WokeAt = Clock.Now();
        int answers = 0;
        // Only what is there now: what comes while these are answered belongs to the next turn.
        for (uint ready = Ring.Ready; ready > 0 && !loop.HasEnded; ready--) answers += Dispatch(Ring.Take(), loop);
        Ring.Publish();
        Handled = answers;
        batching.Turned(WokeAt, answers);
        if (lingering.Count > 0) EndLingering();
    }

    private int Dispatch(in Completion completion, LoadLoop loop)
    {
        var operation = (Operation)(byte)completion.UserData;
        int slot = (int)(completion.UserData >> SlotShift) & SlotMask;
        int generation = (int)(completion.UserData >> GenerationShift);
        bool isCurrent = operation != Operation.Other && connections[slot].Generation == generation && connections[slot].Socket >= 0;
        if (operation == Operation.Receive && completion.Result > 0) return OnReceived(completion, slot, generation, isCurrent, loop);
        // A link after one that failed is cancelled; the failure itself has a completion of its own.
        if (!isCurrent || completion.Result == -ECANCELED) return 0;
        ref var connection = ref connections[slot];
        if (operation == Operation.Receive && completion.Result == -ENOBUFS)
        {
            Ring.Reserve(1);
            Receive(slot, ref connection);
            return 0;
        }
        connection.IsConnecting = operation is Operation.Socket or Operation.Connect;
        loop.OnClosed(slot, completion.Result < 0 ? -completion.Result : 0);
        return 1;
    }

    private int OnReceived(in Completion completion, int slot, int generation, bool isCurrent, LoadLoop loop)
    {
        int buffer = (int)(completion.Flags >> CQE_BUFFER_SHIFT);
        if (isCurrent)
        {
            ref var connection = ref connections[slot];
            connection.IsConnecting = false;
            loop.OnReceived(slot, new ReadOnlySpan<byte>(Ring.Buffer(buffer), completion.Result), isClosed: false);
            // One-shot, or a multishot that the kernel ended: armed again while the connection is the same.
            bool goesOn = connection.Generation == generation && connection.Socket >= 0;
            if (goesOn && (completion.Flags & CQE_F_MORE) == 0)
            {
                Ring.Reserve(1);
                Receive(slot, ref connection);
            }
        }
        Ring.GiveBack(buffer);
        return isCurrent ? 1 : 0;
    }

    private void Send(int slot, ref Connection connection, bool linked)
    {
        var send = Ring.Next();
        send->Operation = OP_SEND;
        send->Flags = linked ? (byte)(Silent | SQE_IO_LINK) : Silent;
        send->File = slot;
        send->Address = (ulong)connection.Request;
        send->Length = (uint)connection.RequestLength;
        send->OperationFlags = Native.MSG_NOSIGNAL | WaitAll;
        send->UserData = Tag(Operation.Send, slot, connection.Generation);
    }

    private void Receive(int slot, ref Connection connection)
    {
        var receive = Ring.Next();
        receive->Operation = OP_RECV;
        receive->Flags = SQE_FIXED_FILE | SQE_BUFFER_SELECT;
        receive->Priority = keepAlive ? RECV_MULTISHOT : (ushort)0;
        receive->File = slot;
        receive->BufferGroup = UringRing.BufferGroup;
        receive->UserData = Tag(Operation.Receive, slot, connection.Generation);
    }

    private void CloseFile(int slot)
    {
        var close = Ring.Next();
        close->Operation = OP_CLOSE;
        close->Flags = SQE_CQE_SKIP_SUCCESS;
        close->FileIndex = (uint)slot + 1;
        close->UserData = Tag(Operation.Other, slot, 0);
    }

    private void GiveUp(ref Connection connection)
    {
        connection.Socket = -1;
        connection.IsConnecting = false;
        connection.Generation++;
        Open--;
    }

    /// <summary>Slots that were released and not used again in the same turn: their place in the file table is emptied, else the next socket does it.</summary>
    private void CloseReleased()
    {
        while (releasedCount > 0)
        {
            int slot = released[--releasedCount];
            if (connections[slot].Socket >= 0) continue;
            Ring.Reserve(1);
            CloseFile(slot);
        }
    }

    private void EndLingering()
    {
        while (lingering.TryPeek(out var oldest) && oldest.Until <= WokeAt)
        {
            lingering.Dequeue();
            Ring.Reserve(1);
            var cancel = Ring.Next();
            cancel->Operation = OP_ASYNC_CANCEL;
            cancel->Flags = SQE_CQE_SKIP_SUCCESS;
            cancel->Address = oldest.Receive;
            cancel->UserData = Tag(Operation.Other, 0, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tag(Operation operation, int slot, int generation) => (byte)operation | ((ulong)(uint)slot << SlotShift) | ((ulong)(uint)generation << GenerationShift);

    public override void Dispose() => madeRing?.Dispose();
}

/// <summary>
/// How many completions a turn waits for. An answer's time is taken when the thread sees it, so a wait for more delays the first: by
/// <see cref="MostDelayUs"/> at most, and only where answers come so fast that the batch fills by count. Never more than a third of the connections,
/// or the server runs dry (waiting for all cost a third of the throughput). With few connections, and in an open loop: one.
/// </summary>
internal sealed class Batching(int connections)
{
    public const uint MostDelayUs = 100;
    private const int Most = 32, Least = 4;
    // The gap between answers follows the last dozen of turns.
    private const double Weight = 1.0 / 8;

    private readonly int most = Math.Min(Most, connections / 3);
    private double gapNs = double.PositiveInfinity;
    private long last;

    public uint Wait { get; private set; } = 1;

    public void Turned(long now, int answers)
    {
        if (most < Least || answers == 0) return;
        double gap = (double)(now - last) / answers;
        gapNs = double.IsFinite(gapNs) ? gapNs + ((gap - gapNs) * Weight) : gap;
        last = now;
        int fills = (int)Math.Min(most, MostDelayUs * 1_000 / gapNs);
        Wait = fills < Least ? 1 : (uint)fills;
    }
}
