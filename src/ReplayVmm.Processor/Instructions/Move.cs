using System.Runtime.CompilerServices;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// MOV between general registers, memory and immediates, MOVNTI (SDM volume 2, MOV, MOVNTI). Forms with segment, control and debug registers
/// are system instructions (see <see cref="SystemForms"/>).
/// </summary>
internal static unsafe class Move
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (SystemForms.Matches(ref b))
            return false;
        switch (OperandWidth.Of(ref b, 0))
        {
            case 1: BindForm<byte>(ref b); break;
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            case 8: BindForm<ulong>(ref b); break;
            default: return false;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged
    {
        DecodedInstruction* i = b.Target;
        if (b.IsRegister(0))
        {
            i->Destination = b.RegisterSlot(0);
            if (b.IsRegister(1))
            {
                i->Source = b.RegisterSlot(1);
                i->Handler = &RegisterRegister<T>;
            }
            else if (b.IsMemory(1))
            {
                bool far = IsOffset64(ref b);
                i->Handler = b.BindMemory() switch
                {
                    AddressForm.Long when far => &RegisterMemory<T, AddressOffset64>,
                    AddressForm.Long => &RegisterMemory<T, Address64>,
                    AddressForm.Flat => &RegisterMemory<T, AddressFlat>,
                    _ => &RegisterMemory<T, AddressChecked>,
                };
            }
            else
            {
                i->Immediate = (long)b.Source.GetImmediate(1);
                i->Handler = &RegisterImmediate<T>;
            }
        }
        else if (b.IsRegister(1))
        {
            i->Source = b.RegisterSlot(1);
            bool far = IsOffset64(ref b);
            i->Handler = b.BindMemory() switch
            {
                AddressForm.Long when far => &MemoryRegister<T, AddressOffset64>,
                AddressForm.Long => &MemoryRegister<T, Address64>,
                AddressForm.Flat => &MemoryRegister<T, AddressFlat>,
                _ => &MemoryRegister<T, AddressChecked>,
            };
        }
        else
        {
            i->Immediate = (long)b.Source.GetImmediate(1);
            i->Handler = b.BindMemory() switch
            {
                AddressForm.Long => &MemoryImmediate<T, Address64>,
                AddressForm.Flat => &MemoryImmediate<T, AddressFlat>,
                _ => &MemoryImmediate<T, AddressChecked>,
            };
        }
    }

    /// <summary>True for the moffs forms with a 64-bit offset, which does not fit the displacement; it goes into the immediate.</summary>
    private static bool IsOffset64(ref BindContext b)
    {
        bool isOffset = b.Source.Code is Code.Mov_AL_moffs8 or Code.Mov_AX_moffs16 or Code.Mov_EAX_moffs32 or Code.Mov_RAX_moffs64
            or Code.Mov_moffs8_AL or Code.Mov_moffs16_AX or Code.Mov_moffs32_EAX or Code.Mov_moffs64_RAX;
        if (!isOffset)
            return false;
        b.Target->Immediate = (long)b.Source.MemoryDisplacement64;
        return true;
    }

    private static Outcome RegisterRegister<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        Reg.Set(c, i->Destination, Reg.Get<T>(c, i->Source));
        return Outcome.Next;
    }

    private static Outcome RegisterImmediate<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        Reg.Set(c, i->Destination, Wide.Immediate<T>(i));
        return Outcome.Next;
    }

    private static Outcome RegisterMemory<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), write: false, out ulong linear) || !GuestAccess.Read(c, linear, out T source))
            return Outcome.Stop;
        Reg.Set(c, i->Destination, source);
        return Outcome.Next;
    }

    private static Outcome MemoryRegister<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged where TAddress : struct, IAddress =>
        TAddress.TryLinear(c, i, sizeof(T), write: true, out ulong linear) && GuestAccess.Write(c, linear, Reg.Get<T>(c, i->Source))
            ? Outcome.Next : Outcome.Stop;

    private static Outcome MemoryImmediate<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged where TAddress : struct, IAddress =>
        TAddress.TryLinear(c, i, sizeof(T), write: true, out ulong linear) && GuestAccess.Write(c, linear, Wide.Immediate<T>(i))
            ? Outcome.Next : Outcome.Stop;

    /// <summary>The 64-bit offset of a moffs form.</summary>
    private readonly struct AddressOffset64 : IAddress
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool TryLinear(Core* c, DecodedInstruction* i, int size, bool write, out ulong linear)
        {
            linear = *(ulong*)((byte*)c + i->Segment) + (ulong)i->Immediate;
            return true;
        }

        public static ulong Effective(Core* c, DecodedInstruction* i) => (ulong)i->Immediate;
    }
}
