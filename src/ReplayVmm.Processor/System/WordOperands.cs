using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Where a 16-bit source of a system instruction (a selector, a status word) comes from.</summary>
internal unsafe interface IWordSource
{
    /// <summary>Reads it. False: a fault is pending.</summary>
    static abstract bool TryRead(Core* c, DecodedInstruction* i, out ushort value);
}

/// <summary>The low half of the source register.</summary>
internal readonly unsafe struct RegisterWord : IWordSource
{
    public static bool TryRead(Core* c, DecodedInstruction* i, out ushort value)
    {
        value = Reg.Get<ushort>(c, i->Source);
        return true;
    }
}

/// <summary>A word in memory.</summary>
internal readonly unsafe struct MemoryWord : IWordSource
{
    public static bool TryRead(Core* c, DecodedInstruction* i, out ushort value)
    {
        value = 0;
        return AddressChecked.TryLinear(c, i, 2, write: false, out ulong linear) && GuestAccess.Read(c, linear, out value);
    }
}

/// <summary>Where a system register goes: a register of the operand size, or always 16 bits of memory.</summary>
internal unsafe interface ISystemDestination
{
    /// <summary>Writes it. False: a fault is pending.</summary>
    static abstract bool TryWrite(Core* c, DecodedInstruction* i, ulong value);
}

/// <summary>A register of T's width.</summary>
internal readonly unsafe struct ToRegister<T> : ISystemDestination where T : unmanaged, System.Numerics.IBinaryInteger<T>
{
    public static bool TryWrite(Core* c, DecodedInstruction* i, ulong value)
    {
        Reg.Set(c, i->Destination, T.CreateTruncating(value));
        return true;
    }
}

/// <summary>A word in memory.</summary>
internal readonly unsafe struct ToMemory : ISystemDestination
{
    public static bool TryWrite(Core* c, DecodedInstruction* i, ulong value) =>
        AddressChecked.TryLinear(c, i, 2, write: true, out ulong linear) && GuestAccess.Write(c, linear, (ushort)value);
}

/// <summary>Binding of operands that system instructions share.</summary>
internal static unsafe class SystemOperands
{
    /// <summary>Binds a 16-bit source operand; true where it is a register.</summary>
    public static bool BindSource(ref BindContext b, int operand)
    {
        if (b.IsRegister(operand))
        {
            b.Target->Source = b.RegisterSlot(operand);
            return true;
        }
        b.BindMemory();
        return false;
    }

    /// <summary>Binds a destination operand; its width in bytes where it is a register, 0 where it is memory.</summary>
    public static int BindDestination(ref BindContext b, int operand)
    {
        if (b.IsRegister(operand))
        {
            b.Target->Destination = b.RegisterSlot(operand);
            return b.Source.GetOpRegister(operand).GetSize();
        }
        b.BindMemory();
        return 0;
    }
}
