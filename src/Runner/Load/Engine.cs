namespace Wobble.Runner.Load;

/// <summary>
/// Moves bytes for the loop: connects, sends, receives. It knows nothing of HTTP or time. One thread owns it. News of a slot comes only from within
/// <see cref="Wait"/>, and none comes of a socket that the loop gave up.
/// </summary>
internal abstract class Engine : IDisposable
{
    /// <summary><c>io_uring</c> or <c>epoll</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Sockets that are open or connecting.</summary>
    public int Open { get; protected set; }

    /// <summary>When the last wait ended, ns.</summary>
    public long WokeAt { get; protected set; }

    /// <summary>How many events the last wait passed on.</summary>
    public int Handled { get; protected set; }

    /// <summary>On the thread that will own it, before the load: sets up what belongs to a thread.</summary>
    public virtual void Prepare()
    {
    }

    /// <summary>Sends the slot's request, on a new connection when it has none. 0, or the errno of what failed at once.</summary>
    public abstract int Start(int slot);

    /// <summary>The answer is complete and the connection won't be used again; the peer is given the chance to close first.</summary>
    public abstract void Release(int slot);

    /// <summary>Closes the slot's socket, if it has one, at once.</summary>
    public abstract void Abort(int slot);

    /// <summary>Passes on what happened, waiting for it until <paramref name="until"/> at most.</summary>
    public abstract void Wait(long now, long until, LoadLoop loop);

    public abstract void Dispose();
}
