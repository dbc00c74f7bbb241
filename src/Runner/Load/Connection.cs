namespace Wobble.Runner.Load;

/// <summary>What a connection's slot is doing. The loop moves it; the engine only knows open or not.</summary>
internal enum SlotState : byte
{
    /// <summary>No request under way; its socket may be open.</summary>
    Free,
    /// <summary>A request is under way.</summary>
    Busy,
    /// <summary>It failed more than once in a row and waits some ms before it asks again.</summary>
    BackingOff,
}

/// <summary>All that is known of one connection. An array of these is allocated once; nothing else belongs to a connection.</summary>
internal unsafe struct Connection
{
    public SlotState State;
    /// <summary>Index of the kind of request under way.</summary>
    public int Kind;
    /// <summary>When it was sent (with a new connection: before the connect), ns.</summary>
    public long Start;
    /// <summary>When the schedule wanted it sent; equals <see cref="Start"/> in a closed loop.</summary>
    public long Intended;
    /// <summary>When the slot last became free.</summary>
    public long FreeSince;
    /// <summary>When a slot that backs off may ask again.</summary>
    public long RetryAt;
    /// <summary>Failures in a row without one whole answer.</summary>
    public int Failures;
    public ResponseParser Parser;

    /// <summary>Memory for requests with a key of their own; null when all are shared.</summary>
    public byte* Own;
    public byte* Request;
    public int RequestLength;
    /// <summary>Bytes of the request that the kernel has taken.</summary>
    public int Sent;

    /// <summary>Neighbours in a <see cref="SlotList"/>.</summary>
    public int Previous, Next;

    /// <summary>The engine's socket, or −1.</summary>
    public int Socket;
    /// <summary>True between connect and its success.</summary>
    public bool IsConnecting;
    /// <summary>Counts the sockets this slot has had, so that news of an old one is told apart.</summary>
    public int Generation;
}

/// <summary>Slots in the order they were added, linked through the connections: add and remove anywhere are a few writes.</summary>
internal sealed class SlotList(Connection[] connections)
{
    private const int None = -1;
    private int last = None;

    /// <summary>The slot that was added first, or −1.</summary>
    public int First { get; private set; } = None;

    public void Add(int slot)
    {
        ref var added = ref connections[slot];
        added.Previous = last;
        added.Next = None;
        if (last == None) First = slot; else connections[last].Next = slot;
        last = slot;
    }

    public void Remove(int slot)
    {
        ref var removed = ref connections[slot];
        if (removed.Previous == None) First = removed.Next; else connections[removed.Previous].Next = removed.Next;
        if (removed.Next == None) last = removed.Previous; else connections[removed.Next].Previous = removed.Previous;
    }
}
