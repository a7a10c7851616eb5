using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ReplayVmm.Silicon;

/// <summary>
/// The judge's child: executes one user-mode instruction at a time on the host's own processor. Exceptions come back through a signal handler of a few generated
/// instructions that notes them and goes on at the code that stores registers. Protocol: the parent fills the shared file and sends a byte, the child executes all
/// cases and answers with one.
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
        Prepare((SiliconBatch*)shared);
        using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
        output.WriteByte(1);
        output.Flush();
        while (input.ReadByte() > 0)
        {
            Execute(shared);
            output.WriteByte(1);
            output.Flush();
        }
        return 0;
    }

    private static void Prepare(SiliconBatch* batch)
    {
        Reserve(Layout.Base, Layout.Size);
        Reserve(Layout.Context, Layout.ContextSize);
        Allow(Layout.Context, (int)(Layout.ContextSize / 4096), Native.ProtRead | Native.ProtWrite);
        Allow(Layout.CodePage, 2, Native.ProtRead | Native.ProtExec);
        Allow(Layout.Data, 2, Native.ProtRead | Native.ProtWrite);
        Allow(Layout.ReadOnly, 1, Native.ProtRead);
        // Every page is touched once, so that a case never meets one that the system has not made yet.
        Volatile.Read(ref *(byte*)Layout.ReadOnly);
        *(byte*)Layout.Data = 0;
        *(byte*)(Layout.Data + 4096) = 0;
        bool basesAccessible = (Native.AuxiliaryValue(Native.AtHwcap2) & Native.Hwcap2FsGsBase) != 0;
        batch->BasesAccessible = basesAccessible ? 1 : 0;
        _context = (SiliconContext*)Layout.Context;
        _context->FlatData = SegmentTable.UserData;
        _context->HostGsBase = Layout.GsBase;
        batch->HasAvx = Avx.IsSupported ? 1 : 0;
        Trampolines.Write(_context, basesAccessible, Avx.IsSupported);
        Check(Native.SystemCall(Native.ArchPrctl, Native.ArchGetFs, (ulong)&_context->HostFsBase, 0) == 0, "arch_prctl");
        Check(Native.SystemCall(Native.ArchPrctl, Native.ArchSetGs, Layout.GsBase, 0) == 0, "arch_prctl");
        Allow(Layout.Trampolines, (int)(Layout.TrampolinesSize / 4096), Native.ProtRead | Native.ProtExec);
        batch->LocalDescriptorsMissing = InstallLocalDescriptors() ? 0 : 1;

        const int stackSize = 64 << 10;
        nint stack = Native.Map(0, stackSize, Native.ProtRead | Native.ProtWrite, Native.MapPrivate | Native.MapAnonymous, -1, 0);
        var alternate = new Native.AlternateStack { Pointer = stack, Size = stackSize };
        Check(Native.SetAlternateStack(&alternate, null) == 0, "sigaltstack");
        var action = new Native.SignalAction { Handler = (nint)Trampolines.Handler, Flags = Native.SaSigInfo | Native.SaOnStack };
        foreach (int signal in (int[])[Native.Sigill, Native.Sigtrap, Native.Sigbus, Native.Sigfpe, Native.Sigsegv])
            Check(Native.SetAction(signal, &action, null) == 0, "sigaction");
    }

    private static bool InstallLocalDescriptors()
    {
        for (int entry = 0; entry < SegmentTable.Local.Length; entry++)
        {
            SegmentDescriptor local = SegmentTable.Local[entry];
            var descriptor = new Native.UserDescriptor { Entry = (uint)entry, Base = (uint)local.Base, Limit = local.Limit, Flags = local.UserFlags };
            if (Native.SystemCall(Native.ModifyLdt, Native.ModifyLdtWrite, (ulong)&descriptor, (ulong)sizeof(Native.UserDescriptor)) != 0)
                return false;
        }
        return true;
    }

    private static void Execute(byte* shared)
    {
        var batch = (SiliconBatch*)shared;
        var jobs = (SiliconJob*)(shared + Layout.JobsAt);
        var cases = (SiliconCase*)(shared + Layout.CasesAt);
        batch->Done = batch->First;
        for (int n = 0; n < batch->JobCount; n++)
        {
            SiliconJob* job = jobs + n;
            if (job->FirstCase + job->Count > batch->First)
                Execute(batch, job, cases);
        }
    }

    private static void Execute(SiliconBatch* batch, SiliconJob* job, SiliconCase* cases)
    {
        bool narrow = job->CodeSelector != SegmentTable.UserCode64, segments = narrow || job->HasSegments != 0;
        bool vectors = job->HasVectors != 0;
        TrampolineSet ways = vectors ? Trampolines.Vectors : Trampolines.Plain;
        _context->Exit = segments ? ways.ExitSegments : ways.ExitPlain;
        _context->Target = narrow
            ? (uint)(Layout.CodePage + (ulong)job->Offset - SegmentTable.BaseOf(job->CodeSelector)) | ((ulong)job->CodeSelector << 32)
            : Layout.CodePage + (ulong)job->Offset;
        PlaceCode(job, narrow);
        new Span<byte>((void*)Layout.Data, 2 * 4096).Clear();
        var run = (delegate* unmanaged<void>)(narrow ? ways.EnterNarrow : segments ? ways.EnterSegments : ways.EnterPlain);
        for (int n = Math.Max(job->FirstCase, batch->First); n < job->FirstCase + job->Count; n++)
        {
            if (n == batch->DieBefore)
                Die(batch);
            SiliconCase* one = cases + n;
            Buffer.MemoryCopy(one->MemoryBefore, (void*)Layout.Window, Layout.WindowSize, Layout.WindowSize);
            _context->Before = one->Before;
            if (vectors)
                _context->VectorsBefore = one->VectorsBefore;
            _context->Signal = 0;
            run();
            one->After = _context->After;
            if (vectors)
                one->VectorsAfter = _context->VectorsAfter;
            one->Signal = _context->Signal;
            if (one->Signal != 0)
                TakeFault(one);
            Buffer.MemoryCopy((void*)Layout.Window, one->MemoryAfter, Layout.WindowSize, Layout.WindowSize);
            batch->Done = n + 1;
        }
    }

    private static void TakeFault(SiliconCase* one)
    {
        one->Vector = _context->Vector;
        one->ErrorCode = _context->ErrorCode;
        one->FaultAddress = _context->FaultAddress;
        one->Rip = _context->Rip;
        one->After.Rflags = _context->FaultFlags;
        one->After.Selectors[1] = (ushort)_context->FaultSelectors;
        one->After.Selectors[2] = (ushort)(_context->FaultSelectors >> 48);
    }

    /// <summary>INT3 everywhere but the instruction and, behind it, a jump to the code that stores registers.</summary>
    private static void PlaceCode(SiliconJob* job, bool narrow)
    {
        Allow(Layout.CodePage, 2, Native.ProtRead | Native.ProtWrite);
        var code = new Span<byte>((void*)Layout.CodePage, Layout.CodeSize);
        code.Fill(0xCC);
        int room = Math.Min(job->Length, Layout.CodeSize - job->Offset);
        new Span<byte>(job->Bytes, room).CopyTo(code[job->Offset..]);
        if (job->IsBranch == 0)
        {
            Span<byte> jump = stackalloc byte[8];
            int length = 0;
            if (job->CodeSelector == SegmentTable.Code16)
                jump[length++] = 0x66;
            jump[length++] = narrow ? (byte)0xEA : (byte)0xE9;
            ulong next = Layout.CodePage + (ulong)(job->Offset + job->Length);
            BinaryPrimitives.WriteUInt32LittleEndian(jump[length..], (uint)(narrow ? _context->Exit : _context->Exit - (next + 5)));
            length += 4;
            if (narrow)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(jump[length..], SegmentTable.UserCode64);
                length += 2;
            }
            // At the very end of the pages there is no room: the fetch that follows faults.
            int offset = Math.Min(job->Offset + job->Length, Layout.CodeSize);
            jump[..Math.Min(length, Layout.CodeSize - offset)].CopyTo(code[offset..]);
        }
        Allow(Layout.CodePage, 2, Native.ProtRead | Native.ProtExec);
    }

    private static void Die(SiliconBatch* batch)
    {
        batch->DieBefore = -1;
        var action = new Native.SignalAction();
        if (batch->DeathSignal != Native.Sigkill)
            Check(Native.SetAction(batch->DeathSignal, &action, null) == 0, "sigaction");
        Check(Native.Kill(Environment.ProcessId, batch->DeathSignal) == 0, "kill");
        Thread.Sleep(Timeout.Infinite);
    }

    private static void Reserve(ulong address, ulong size) =>
        Check(Native.Map((nint)address, (nuint)size, 0, Native.MapPrivate | Native.MapAnonymous | Native.MapFixedNoReplace, -1, 0) == (nint)address, "mmap");

    private static void Allow(ulong address, int pages, int protection) =>
        Check(Native.Protect((nint)address, (nuint)(pages * 4096), protection) == 0, "mprotect");

    private static void Check(bool succeeded, string call)
    {
        if (succeeded)
            return;
        Console.Error.WriteLine($"{call}: error {Marshal.GetLastPInvokeError()}");
        Environment.Exit(3);
    }
}
