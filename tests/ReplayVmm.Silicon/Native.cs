using System.Runtime.InteropServices;

namespace ReplayVmm.Silicon;

/// <summary>The few system calls that the child makes.</summary>
internal static unsafe partial class Native
{
    public const int ProtRead = 1, ProtWrite = 2, ProtExec = 4, MapPrivate = 2, MapAnonymous = 0x20, MapFixedNoReplace = 0x10_0000;
    public const int SaSigInfo = 4, SaOnStack = 0x0800_0000;
    public const int Sigill = 4, Sigtrap = 5, Sigbus = 7, Sigfpe = 8, Sigkill = 9, Sigsegv = 11;
    public const int ModifyLdt = 154, ModifyLdtWrite = 0x11, ArchPrctl = 158, ArchSetGs = 0x1001, ArchSetFs = 0x1002, ArchGetFs = 0x1003;
    /// <summary>Number of the auxiliary vector's second word of hardware capabilities, and the bit for RDFSBASE and its like.</summary>
    public const int AtHwcap2 = 26, Hwcap2FsGsBase = 2;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    public static partial int SetAction(int signal, SignalAction* action, void* old);

    [LibraryImport("libc", EntryPoint = "sigaltstack", SetLastError = true)]
    public static partial int SetAlternateStack(AlternateStack* stack, void* old);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial long SystemCall(long number, long first, ulong second, ulong third);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getauxval")]
    public static partial ulong AuxiliaryValue(ulong type);

    /// <summary>struct sigaction of glibc on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SignalAction
    {
        public nint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nint Restorer;
    }

    /// <summary>stack_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct AlternateStack
    {
        public nint Pointer;
        public int Flags;
        public nuint Size;
    }

    /// <summary>struct user_desc.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct UserDescriptor
    {
        public uint Entry, Base, Limit, Flags;
    }
}
