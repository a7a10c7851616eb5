using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>ENTER with all nesting levels, and LEAVE (SDM volume 2, ENTER, LEAVE). RSP and RBP change last, so that a fault leaves them.</summary>
internal static unsafe class EnterLeave
{
    public static bool BindEnter(ref BindContext b)
    {
        b.Target->Immediate = b.Source.Immediate16 | ((long)(b.Source.Immediate8_2nd & 31) << 16);
        bool wide = b.Mode.CodeBits == 64;
        b.Target->Handler = b.Source.Code switch
        {
            Code.Enterq_imm16_imm8 => &Enter<Stack64, ulong>,
            Code.Enterd_imm16_imm8 => &Enter<StackChecked, uint>,
            _ when wide => &Enter<Stack64, ushort>,
            _ => &Enter<StackChecked, ushort>,
        };
        return true;
    }

    public static bool BindLeave(ref BindContext b)
    {
        AddressForm stack = Stack.FormOf(b.Mode);
        b.Target->Handler = b.Source.Code switch
        {
            Code.Leaveq => &Leave<Stack64, ulong>,
            Code.Leaved when stack == AddressForm.Flat => &Leave<StackFlat, uint>,
            Code.Leaved => &Leave<StackChecked, uint>,
            _ when stack == AddressForm.Long => &Leave<Stack64, ushort>,
            _ => &Leave<StackChecked, ushort>,
        };
        return true;
    }

    private static Outcome Enter<TStack, T>(Core* c, DecodedInstruction* i) where TStack : struct, IStack where T : unmanaged
    {
        ulong size = (uint)sizeof(T), pointer = TStack.Pointer(c) - size, frame = Reg.Get<ulong>(c, GprSlot.Rbp);
        if (!TStack.Write(c, pointer, Reg.Get<T>(c, GprSlot.Rbp)))
            return Outcome.Stop;
        // A 16-bit stack moves SP alone, and the frame pointer takes all of ESP.
        ulong newFrame = c->Mode.StackBits == 16 ? (Reg.Get<ulong>(c, GprSlot.Rsp) & ~0xFFFFul) | (ushort)pointer : pointer;
        int level = (int)(i->Immediate >> 16);
        for (int outer = 1; outer < level; outer++)
        {
            frame -= size;
            pointer -= size;
            if (!TStack.Read(c, frame, out T display) || !TStack.Write(c, pointer, display))
                return Outcome.Stop;
        }
        if (level > 0)
        {
            pointer -= size;
            if (!TStack.Write(c, pointer, Wide.Cut<T>(newFrame)))
                return Outcome.Stop;
        }
        pointer -= (ushort)i->Immediate;
        // The new top of the stack must be writable, though nothing is written there.
        if (!TStack.CanWrite<T>(c, pointer))
            return Outcome.Stop;
        Reg.Set(c, GprSlot.Rbp, Wide.Cut<T>(newFrame));
        TStack.SetPointer(c, pointer);
        return Outcome.Next;
    }

    private static Outcome Leave<TStack, T>(Core* c, DecodedInstruction* i) where TStack : struct, IStack where T : unmanaged
    {
        ulong frame = Reg.Get<ulong>(c, GprSlot.Rbp);
        if (!TStack.Read(c, frame, out T value))
            return Outcome.Stop;
        TStack.SetPointer(c, frame + (uint)sizeof(T));
        Reg.Set(c, GprSlot.Rbp, value);
        return Outcome.Next;
    }
}
