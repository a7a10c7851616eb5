using System.IO.MemoryMappedFiles;

namespace ReplayVmm.Silicon;

/// <summary>
/// The judge's child: executes one user-mode instruction at a time on the host's own processor. Exceptions come back through a signal handler of a few generated
/// instructions that notes them and goes on at the code that stores registers. Protocol: the parent fills the shared file and sends a byte, the child executes all cases and answers with one.
/// </summary>
internal static unsafe class Program
{
    private static SiliconContext* _context;

    private static int Main(string[] args)
    {
        if (args.Length != 1)
        {
            Console.Error.WriteLine("usage: ReplayVmm.Silicon FILE (started by the tests)");
            return 2;
        }
        using var file = MemoryMappedFile.CreateFromFile(args[0], FileMode.Open, null, Layout.FileSize);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor(0, Layout.FileSize);
        byte* shared = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref shared);
        Prepare();
        using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
        output.WriteByte(1);
        output.Flush();
        while (input.ReadByte() > 0)
        {
            Execute((SiliconJob*)shared, (SiliconCase*)(shared + 4096));
            output.WriteByte(1);
            output.Flush();
        }
        return 0;
    }

    private static void Prepare()
    {
        Reserve(Layout.Base, Layout.Size);
        Reserve(Layout.Context, Layout.ContextSize);
        Allow(Layout.Context, 2, Native.ProtRead | Native.ProtWrite);
        Allow(Layout.CodePage, 1, Native.ProtRead | Native.ProtExec);
        Allow(Layout.Data, 2, Native.ProtRead | Native.ProtWrite);
        Allow(Layout.ReadOnly, 1, Native.ProtRead);
        // Every page is touched once, so that a case never meets one that the system has not made yet.
        for (ulong page = Layout.Data; page <= Layout.ReadOnly; page += 4096)
        {
            if (page != Layout.HoleAbove)
                Volatile.Read(ref *(byte*)page);
        }
        *(byte*)Layout.Data = 0;
        *(byte*)(Layout.Data + 4096) = 0;
        _context = (SiliconContext*)Layout.Context;
        Trampolines.Write(_context);
        Allow(Layout.Trampolines, 1, Native.ProtRead | Native.ProtExec);
        Check(Native.SystemCall(Native.ArchPrctl, Native.ArchSetGs, Layout.GsBase) == 0, "arch_prctl");

        const int stackSize = 64 << 10;
        nint stack = Native.Map(0, stackSize, Native.ProtRead | Native.ProtWrite, Native.MapPrivate | Native.MapAnonymous, -1, 0);
        var alternate = new Native.AlternateStack { Pointer = stack, Size = stackSize };
        Check(Native.SetAlternateStack(&alternate, null) == 0, "sigaltstack");
        var action = new Native.SignalAction { Handler = (nint)Trampolines.Handler, Flags = Native.SaSigInfo | Native.SaOnStack };
        foreach (int signal in (int[])[Native.Sigill, Native.Sigtrap, Native.Sigbus, Native.Sigfpe, Native.Sigsegv])
            Check(Native.SetAction(signal, &action, null) == 0, "sigaction");
    }

    private static void Execute(SiliconJob* job, SiliconCase* cases)
    {
        job->Done = 0;
        Allow(Layout.CodePage, 1, Native.ProtRead | Native.ProtWrite);
        var page = new Span<byte>((void*)Layout.CodePage, 4096);
        page.Fill(0xCC);
        new Span<byte>(job->Bytes, job->Length).CopyTo(page[0x800..]);
        new Span<byte>((void*)Layout.Data, 2 * 4096).Clear();
        bool narrow = job->Compatibility != 0;
        _context->Exit = narrow ? Trampolines.Exit32 : Trampolines.Exit64;
        if (job->IsBranch == 0)
        {
            ulong next = Layout.Instruction + (ulong)job->Length;
            *(byte*)next = 0xE9;
            *(int*)(next + 1) = (int)(_context->Exit - (next + 5));
        }
        Allow(Layout.CodePage, 1, Native.ProtRead | Native.ProtExec);
        var run = (delegate* unmanaged<void>)(narrow ? Trampolines.Enter32 : Trampolines.Enter64);
        for (int n = 0; n < job->Count; n++)
        {
            SiliconCase* one = cases + n;
            Buffer.MemoryCopy(one->MemoryBefore, (void*)Layout.Window, Layout.WindowSize, Layout.WindowSize);
            _context->Before = one->Before;
            _context->After = default;
            _context->Signal = 0;
            run();
            one->After = _context->After;
            one->Signal = _context->Signal;
            one->Vector = _context->Vector;
            one->ErrorCode = _context->ErrorCode;
            one->FaultAddress = _context->FaultAddress;
            one->Rip = _context->Rip;
            Buffer.MemoryCopy((void*)Layout.Window, one->MemoryAfter, Layout.WindowSize, Layout.WindowSize);
            job->Done = n + 1;
        }
    }

    private static void Reserve(ulong address, ulong size) =>
        Check(Native.Map((nint)address, (nuint)size, 0, Native.MapPrivate | Native.MapAnonymous | Native.MapFixedNoReplace, -1, 0) == (nint)address, "mmap");

    private static void Allow(ulong address, int pages, int protection) =>
        Check(Native.Protect((nint)address, (nuint)(pages * 4096), protection) == 0, "mprotect");

    private static void Check(bool succeeded, string call)
    {
        if (succeeded)
            return;
        Console.Error.WriteLine($"{call}: error {System.Runtime.InteropServices.Marshal.GetLastPInvokeError()}");
        Environment.Exit(3);
    }
}
