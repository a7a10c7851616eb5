namespace ReplayVmm.Processor;

/// <summary>PUSHA, PUSHAD, POPA, POPAD (SDM volume 2, PUSHA, POPA): not in 64-bit mode.</summary>
internal static unsafe class PushAll
{
    public static bool BindPush(ref BindContext b) => Handlers.Bind(ref b, b.Source.StackPointerIncrement == -32 ? &Push<uint> : &Push<ushort>);
    public static bool BindPop(ref BindContext b) => Handlers.Bind(ref b, b.Source.StackPointerIncrement == 32 ? &Pop<uint> : &Pop<ushort>);

    private static Outcome Push<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        ulong pointer = StackChecked.Pointer(c);
        // A fault may leave the slots above written: they lie beyond the stack pointer, which moves last, and are written again.
        for (byte register = 0; register < 8; register++)
        {
            if (!StackChecked.Write(c, pointer - (ulong)((register + 1) * sizeof(T)), Reg.Get<T>(c, Slot.Gpr(register))))
                return Outcome.Stop;
        }
        StackChecked.SetPointer(c, pointer - (ulong)(8 * sizeof(T)));
        return Outcome.Next;
    }

    private static Outcome Pop<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        ulong pointer = StackChecked.Pointer(c);
        T* values = stackalloc T[8];
        for (int register = 7; register >= 0; register--)
        {
            if (!StackChecked.Read(c, pointer + (ulong)((7 - register) * sizeof(T)), out values[register]))
                return Outcome.Stop;
        }
        for (byte register = 0; register < 8; register++)
        {
            if (register != 4)
                Reg.Set(c, Slot.Gpr(register), values[register]);
        }
        StackChecked.SetPointer(c, pointer + (ulong)(8 * sizeof(T)));
        return Outcome.Next;
    }
}
