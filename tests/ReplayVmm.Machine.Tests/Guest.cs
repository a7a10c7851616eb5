using Iced.Intel;

namespace ReplayVmm.Machine.Tests;

/// <summary>A guest program written in the test: assembled, put into memory, entered.</summary>
internal static class Guest
{
    public const ulong Load = 0x8000;

    /// <summary>An interrupt handler that stands right behind the short jump with which a program starts.</summary>
    public const ulong Handler = Load + 2;

    public const long WallClock = 1_700_000_000;

    /// <summary>The program as bytes.</summary>
    public static byte[] Assemble(int mode, Action<Assembler> program)
    {
        var assembler = new Assembler(mode);
        program(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), Load);
        return stream.ToArray();
    }

    /// <summary>A flat guest's plan.</summary>
    public static BootPlan Flat(int mode, Action<Assembler> program, ulong memory = 2 << 20) =>
        BootLoader.Flat(new BootImage("test", Assemble(mode, program)), Load, Load, mode, memory);

    /// <summary>The manifest of a plan.</summary>
    public static MachineManifest Manifest(BootPlan plan, ulong memory = 2 << 20) => new()
    {
        MemoryBytes = memory,
        CpuModel = "x86-64-v3",
        WallClockStart = WallClock,
        Boot = plan.Boot,
        ReplayVmmVersion = "test",
        RuntimeVersion = "test",
    };

    /// <summary>Ends the guest with isa-debug-exit: reason GuestExit, code (AL &lt;&lt; 1) | 1.</summary>
    public static void Exit(this Assembler a) => a.@out(0xF4, AssemblerRegisters.al);
}
