using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>PUSH of a general register, memory or immediate (SDM volume 2, PUSH).</summary>
internal static unsafe class Push
{
    /// <summary>Chooses width, stack and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (SystemForms.Matches(ref b))
            return false;
        switch (-b.Source.StackPointerIncrement)
        {
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            default: BindForm<ulong>(ref b); break;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged, IBinaryInteger<T>
    {
        if (b.IsMemory(0))
        {
            switch (Stack.FormOf(b.Mode))
            {
                case AddressForm.Long: FromSource<MemoryOperation<Stack64>>.Bind(ref b); break;
                case AddressForm.Flat: FromSource<MemoryOperation<StackFlat>>.Bind(ref b); break;
                default: FromSource<MemoryOperation<StackChecked>>.Bind(ref b); break;
            }
        }
        else if (b.IsRegister(0))
        {
            b.Target->Source = b.RegisterSlot(0);
            b.Target->Handler = Stack.FormOf(b.Mode) switch
            {
                AddressForm.Long => &Register<Stack64, T>,
                AddressForm.Flat => &Register<StackFlat, T>,
                _ => &Register<StackChecked, T>,
            };
        }
        else
        {
            b.Target->Immediate = (long)b.Source.GetImmediate(0);
            b.Target->Handler = Stack.FormOf(b.Mode) switch
            {
                AddressForm.Long => &Immediate<Stack64, T>,
                AddressForm.Flat => &Immediate<StackFlat, T>,
                _ => &Immediate<StackChecked, T>,
            };
        }
    }

    private static Outcome Register<TStack, T>(Core* c, DecodedInstruction* i) where TStack : struct, IStack where T : unmanaged =>
        Stack.Push<TStack, T>(c, Reg.Get<T>(c, i->Source)) ? Outcome.Next : Outcome.Stop;

    private static Outcome Immediate<TStack, T>(Core* c, DecodedInstruction* i) where TStack : struct, IStack where T : unmanaged =>
        Stack.Push<TStack, T>(c, Wide.Immediate<T>(i)) ? Outcome.Next : Outcome.Stop;

    private readonly struct MemoryOperation<TStack> : ISourceOperation where TStack : struct, IStack
    {
        public static int Operand => 0;

        public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> =>
            Stack.Push<TStack, T>(c, source) ? Outcome.Next : Outcome.Stop;
    }
}

/// <summary>POP into a general register or memory (SDM volume 2, POP).</summary>
internal static unsafe class Pop
{
    /// <summary>Chooses width, stack and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (SystemForms.Matches(ref b))
            return false;
        switch (b.Source.StackPointerIncrement)
        {
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            default: BindForm<ulong>(ref b); break;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged
    {
        if (b.IsRegister(0))
        {
            b.Target->Destination = b.RegisterSlot(0);
            b.Target->Handler = Stack.FormOf(b.Mode) switch
            {
                AddressForm.Long => &Register<Stack64, T>,
                AddressForm.Flat => &Register<StackFlat, T>,
                _ => &Register<StackChecked, T>,
            };
            return;
        }
        b.Target->Handler = (Stack.FormOf(b.Mode), b.BindMemory()) switch
        {
            (AddressForm.Long, AddressForm.Long) => &Memory<Stack64, T, Address64>,
            (AddressForm.Long, _) => &Memory<Stack64, T, AddressChecked>,
            (AddressForm.Flat, AddressForm.Flat) => &Memory<StackFlat, T, AddressFlat>,
            (AddressForm.Flat, _) => &Memory<StackFlat, T, AddressChecked>,
            _ => &Memory<StackChecked, T, AddressChecked>,
        };
    }

    private static Outcome Register<TStack, T>(Core* c, DecodedInstruction* i) where TStack : struct, IStack where T : unmanaged
    {
        // The pointer moves first: POP ESP leaves what was popped.
        if (!Stack.Pop<TStack, T>(c, out T value))
            return Outcome.Stop;
        Reg.Set(c, i->Destination, value);
        return Outcome.Next;
    }

    private static Outcome Memory<TStack, T, TAddress>(Core* c, DecodedInstruction* i)
        where TStack : struct, IStack where T : unmanaged where TAddress : struct, IAddress
    {
        ulong pointer = TStack.Pointer(c);
        if (!Stack.Pop<TStack, T>(c, out T value))
            return Outcome.Stop;
        // An address that uses the stack pointer uses it as it is after the pop.
        if (TAddress.TryLinear(c, i, sizeof(T), write: true, out ulong linear) && GuestAccess.Write(c, linear, value))
            return Outcome.Next;
        TStack.SetPointer(c, pointer);
        return Outcome.Stop;
    }
}
