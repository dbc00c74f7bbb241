using System.Runtime.InteropServices;

namespace Wobble.Runner.Load;

/// <summary>io_uring's calls, layouts and constants (linux/io_uring.h), for x86-64 and arm64.</summary>
internal static unsafe partial class NativeUring
{
    private const int SetupCall = 425, EnterCall = 426, RegisterCall = 427;

    public const uint SETUP_CQSIZE = 1 << 3, SETUP_SUBMIT_ALL = 1 << 7, SETUP_SINGLE_ISSUER = 1 << 12, SETUP_DEFER_TASKRUN = 1 << 13, SETUP_NO_SQARRAY = 1 << 16;
    public const uint FEAT_SINGLE_MMAP = 1, FEAT_MIN_TIMEOUT = 1 << 15;
    public const uint ENTER_GETEVENTS = 1, ENTER_EXT_ARG = 8;
    public const uint REGISTER_FILES2 = 13, REGISTER_PBUF_RING = 22, RSRC_REGISTER_SPARSE = 1;
    public const byte OP_ASYNC_CANCEL = 14, OP_CONNECT = 16, OP_CLOSE = 19, OP_SEND = 26, OP_RECV = 27, OP_SOCKET = 45;
    public const byte SQE_FIXED_FILE = 1, SQE_IO_LINK = 4, SQE_BUFFER_SELECT = 32, SQE_CQE_SKIP_SUCCESS = 64;
    public const ushort RECV_MULTISHOT = 2;
    public const uint CANCEL_ALL = 1, CANCEL_FD = 2, CANCEL_FD_FIXED = 8;
    public const uint CQE_F_BUFFER = 1, CQE_F_MORE = 2;
    public const int CQE_BUFFER_SHIFT = 16;
    public const long OFF_SQ_RING = 0, OFF_SQES = 0x10000000;
    public const int EINVAL = 22, ETIME = 62, EBUSY = 16, ENOBUFS = 105, ECANCELED = 125;
    public const int PROT_READ_WRITE = 3, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, MAP_POPULATE = 0x8000;

    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "syscall")]
    private static partial nint Call(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport(C, EntryPoint = "mmap")]
    public static partial byte* Map(byte* address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport(C, EntryPoint = "munmap")]
    public static partial int Unmap(byte* address, nint length);

    public static int Setup(uint entries, Parameters* parameters) => (int)Call(SetupCall, (nint)entries, (nint)parameters, 0, 0, 0, 0);

    public static int Enter(int ring, uint submit, uint wait, uint flags, WaitArgument* argument) =>
        (int)Call(EnterCall, ring, (nint)submit, (nint)wait, (nint)flags, (nint)argument, sizeof(WaitArgument));

    public static int Register(int ring, uint what, void* argument, uint count) => (int)Call(RegisterCall, ring, (nint)what, (nint)argument, (nint)count, 0, 0);

    [StructLayout(LayoutKind.Explicit, Size = 120)]
    public struct Parameters
    {
        [FieldOffset(0)] public uint SubmissionEntries;
        [FieldOffset(4)] public uint CompletionEntries;
        [FieldOffset(8)] public uint Flags;
        [FieldOffset(20)] public uint Features;
        [FieldOffset(40)] public uint SubmissionHead;
        [FieldOffset(44)] public uint SubmissionTail;
        [FieldOffset(64)] public uint SubmissionArray;
        [FieldOffset(80)] public uint CompletionHead;
        [FieldOffset(84)] public uint CompletionTail;
        [FieldOffset(100)] public uint Completions;
    }

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct Submission
    {
        [FieldOffset(0)] public byte Operation;
        [FieldOffset(1)] public byte Flags;
        [FieldOffset(2)] public ushort Priority;
        [FieldOffset(4)] public int File;
        [FieldOffset(8)] public ulong Offset;
        [FieldOffset(16)] public ulong Address;
        [FieldOffset(24)] public uint Length;
        [FieldOffset(28)] public uint OperationFlags;
        [FieldOffset(32)] public ulong UserData;
        [FieldOffset(40)] public ushort BufferGroup;
        [FieldOffset(44)] public uint FileIndex;
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    public struct Completion
    {
        public ulong UserData;
        public int Result;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    public struct WaitArgument
    {
        [FieldOffset(12)] public uint MinWaitMicroseconds;
        [FieldOffset(16)] public Native.TimeSpec* Timeout;
    }

    [StructLayout(LayoutKind.Sequential, Size = 32)]
    public struct FilesRegistration
    {
        public uint Count;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Explicit, Size = 40)]
    public struct BuffersRegistration
    {
        [FieldOffset(0)] public byte* Ring;
        [FieldOffset(8)] public uint Entries;
        [FieldOffset(12)] public ushort Group;
    }

    /// <summary>One free buffer. The ring's tail lies in the first entry's last two bytes, so an entry is never cleared as a whole.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct BufferEntry
    {
        [FieldOffset(0)] public byte* Address;
        [FieldOffset(8)] public uint Length;
        [FieldOffset(12)] public ushort Id;
        [FieldOffset(14)] public ushort Tail;
    }
}
