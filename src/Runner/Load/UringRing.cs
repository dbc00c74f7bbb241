using System.Numerics;
using static Wobble.Runner.Load.NativeUring;

namespace Wobble.Runner.Load;

/// <summary>
/// The ring itself: shared memory, submissions, completions, and the ring of receive buffers. Made on the thread that will use it (SINGLE_ISSUER), with
/// completions that run when that thread asks for them (DEFER_TASKRUN: the one flag that pays).
/// </summary>
internal sealed unsafe class UringRing : IDisposable
{
    public const ushort BufferGroup = 0;
    private const uint SubmissionEntries = 1024;
    private const uint LeastCompletionEntries = 4096, MostCompletionEntries = 32 * 1024;
    private const int LeastBuffers = 64, MostBuffers = 256, BufferLength = 16 * 1024;
    // Small answers fill a few cache lines at the begin of each buffer: were these a power of two apart, they would all share a few sets of the cache.
    private const int BufferStride = BufferLength + 320;

    private readonly int ring;
    private readonly bool hasMinWait;
    // A power of two: as many as can be filled before the loop gives one back, so that few stay in the cache.
    private readonly int bufferCount;
    private readonly byte* rings, buffers;
    private readonly nint ringsLength, submissionsLength, buffersLength;
    private readonly Submission* submissions;
    private readonly Completion* completions;
    private readonly BufferEntry* bufferRing;
    private readonly uint* submissionHead, submissionTail, completionHead, completionTail;
    private readonly uint submissionMask, completionMask;
    private uint tail, submitted, head;
    private ushort bufferTail;

    /// <summary>Throws an <see cref="IOException"/> that says which step the kernel refused, and why.</summary>
    public UringRing(int files)
    {
        Parameters parameters = default;
        ring = Create(&parameters, files);
        try
        {
            hasMinWait = (parameters.Features & FEAT_MIN_TIMEOUT) != 0;
            if ((parameters.Features & FEAT_SINGLE_MMAP) == 0) throw new IOException("this kernel maps io_uring's rings apart");
            uint array = (parameters.Flags & SETUP_NO_SQARRAY) != 0 ? 0 : parameters.SubmissionEntries * sizeof(uint);
            ringsLength = (nint)Math.Max(parameters.SubmissionArray + array, parameters.Completions + (parameters.CompletionEntries * (uint)sizeof(Completion)));
            submissionsLength = (nint)(parameters.SubmissionEntries * sizeof(Submission));
            rings = MapShared(ringsLength, OFF_SQ_RING);
            submissions = (Submission*)MapShared(submissionsLength, OFF_SQES);
            completions = (Completion*)(rings + parameters.Completions);
            submissionHead = (uint*)(rings + parameters.SubmissionHead);
            submissionTail = (uint*)(rings + parameters.SubmissionTail);
            completionHead = (uint*)(rings + parameters.CompletionHead);
            completionTail = (uint*)(rings + parameters.CompletionTail);
            submissionMask = parameters.SubmissionEntries - 1;
            completionMask = parameters.CompletionEntries - 1;
            if (array > 0)
            {
                uint* indexes = (uint*)(rings + parameters.SubmissionArray);
                for (uint i = 0; i < parameters.SubmissionEntries; i++) indexes[i] = i;
            }
            RegisterFiles(files);
            bufferCount = (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((uint)files), LeastBuffers, MostBuffers);
            buffersLength = bufferCount * (sizeof(BufferEntry) + BufferStride);
            buffers = MapOrThrow(Map(null, buffersLength, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
            bufferRing = (BufferEntry*)buffers;
            RegisterBuffers();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Completions that are there to be read.</summary>
    public uint Ready => Volatile.Read(ref *completionTail) - head;

    /// <summary>Makes sure that <paramref name="count"/> submissions fit, so that a chain of links isn't torn.</summary>
    public void Reserve(uint count)
    {
        bool isRefused = false;
        while (tail - Volatile.Read(ref *submissionHead) + count > submissionMask + 1)
        {
            // Refused when completions overflowed: asking for them makes room.
            isRefused = Enter(wait: 0, timeoutNs: 0, minWaitUs: 0, getEvents: isRefused) < 0;
        }
    }

    /// <summary>The next submission, cleared. It goes to the kernel with the next <see cref="Wait"/>.</summary>
    public Submission* Next()
    {
        var submission = submissions + (tail++ & submissionMask);
        *submission = default;
        return submission;
    }

    /// <summary>Submits all, and waits for <paramref name="wait"/> completions: for <paramref name="minWaitUs"/> at most, then for one, until the timeout.</summary>
    public void Wait(uint wait, long timeoutNs, uint minWaitUs)
    {
        if (minWaitUs > 0 && !hasMinWait)
        {
            // An older kernel: the turn ends with the short time, with whatever there is.
            timeoutNs = Math.Min(timeoutNs, minWaitUs * 1_000L);
            minWaitUs = 0;
        }
        int result = Enter(wait, timeoutNs, minWaitUs, getEvents: true);
        if (result >= 0) return;
        int error = Native.Errno;
        if (error is not (ETIME or Native.EINTR or Native.EAGAIN or EBUSY)) throw new IOException($"io_uring_enter failed with errno {error}");
    }

    /// <summary>Takes a completion; only while <see cref="Ready"/> says so.</summary>
    public Completion Take() => completions[head++ & completionMask];

    /// <summary>The bytes of a received buffer.</summary>
    public byte* Buffer(int id) => buffers + (bufferCount * sizeof(BufferEntry)) + ((long)id * BufferStride);

    /// <summary>Gives a buffer back; the kernel sees it with <see cref="Publish"/>.</summary>
    public void GiveBack(int id)
    {
        var entry = bufferRing + (bufferTail++ & (bufferCount - 1));
        entry->Address = Buffer(id);
        entry->Length = BufferLength;
        entry->Id = (ushort)id;
    }

    /// <summary>Once a turn: what was taken, and which buffers are free again.</summary>
    public void Publish()
    {
        Volatile.Write(ref bufferRing->Tail, bufferTail);
        Volatile.Write(ref *completionHead, head);
    }

    private int Enter(uint wait, long timeoutNs, uint minWaitUs, bool getEvents)
    {
        Native.TimeSpec timeout = new() { Seconds = timeoutNs / 1_000_000_000, Nanoseconds = timeoutNs % 1_000_000_000 };
        WaitArgument argument = new() { MinWaitMicroseconds = minWaitUs, Timeout = &timeout };
        Volatile.Write(ref *submissionTail, tail);
        int result = NativeUring.Enter(ring, tail - submitted, wait, getEvents ? ENTER_GETEVENTS | ENTER_EXT_ARG : ENTER_EXT_ARG, &argument);
        submitted = Volatile.Read(ref *submissionHead);
        return result;
    }

    private static int Create(Parameters* parameters, int files)
    {
        uint flags = SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_SUBMIT_ALL | SETUP_CQSIZE;
        uint completions = Math.Clamp(BitOperations.RoundUpToPowerOf2((uint)files * 2), LeastCompletionEntries, MostCompletionEntries);
        // Kernels before 6.6 lack NO_SQARRAY, which saves an index a submission.
        foreach (uint more in (ReadOnlySpan<uint>)[SETUP_NO_SQARRAY, 0])
        {
            *parameters = new Parameters { Flags = flags | more, CompletionEntries = completions };
            int ring = Setup(SubmissionEntries, parameters);
            if (ring >= 0) return ring;
            int error = Native.Errno;
            if (error != EINVAL || more == 0) throw Refused("io_uring_setup", error);
        }
        throw Refused("io_uring_setup", EINVAL);
    }

    private void RegisterFiles(int files)
    {
        FilesRegistration registration = new() { Count = (uint)files, Flags = RSRC_REGISTER_SPARSE };
        if (Register(ring, REGISTER_FILES2, &registration, (uint)sizeof(FilesRegistration)) < 0) throw Refused("registering files", Native.Errno);
    }

    private void RegisterBuffers()
    {
        BuffersRegistration registration = new() { Ring = (byte*)bufferRing, Entries = (uint)bufferCount, Group = BufferGroup };
        if (Register(ring, REGISTER_PBUF_RING, &registration, 1) < 0) throw Refused("registering buffers", Native.Errno);
        for (int id = 0; id < bufferCount; id++) GiveBack(id);
        Publish();
    }

    private static IOException Refused(string step, int error) => new($"{step}: {new System.ComponentModel.Win32Exception(error).Message} (errno {error})");

    private byte* MapShared(nint length, long offset) => MapOrThrow(Map(null, length, PROT_READ_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset));

    private static byte* MapOrThrow(byte* mapped) => (nint)mapped == -1 ? throw Refused("mmap", Native.Errno) : mapped;

    public void Dispose()
    {
        // Closing the ring cancels what is under way, before the memory it points to goes.
        _ = Native.Close(ring);
        if (submissions is not null) _ = Unmap((byte*)submissions, submissionsLength);
        if (rings is not null) _ = Unmap(rings, ringsLength);
        if (buffers is not null) _ = Unmap(buffers, buffersLength);
    }
}
