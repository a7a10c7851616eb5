using System.Numerics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Near CALL, relative and indirect (SDM volume 2, CALL).</summary>
internal static unsafe class NearCall
{
    /// <summary>Chooses width, stack and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (SystemForms.Matches(ref b))
            return false;
        if (b.Source.Op0Kind is OpKind.Register or OpKind.Memory)
        {
            return Stack.FormOf(b.Mode) switch
            {
                AddressForm.Long => FromSource<CallOperation<Stack64>>.Bind(ref b),
                AddressForm.Flat => FromSource<CallOperation<StackFlat>>.Bind(ref b),
                _ => FromSource<CallOperation<StackChecked>>.Bind(ref b),
            };
        }
        b.Target->Immediate = (long)b.Source.NearBranchTarget;
        b.Target->Handler = (b.Source.Op0Kind, Stack.FormOf(b.Mode)) switch
        {
            (OpKind.NearBranch64, _) => &Relative<Branch64, Stack64, ulong>,
            (OpKind.NearBranch32, AddressForm.Flat) => &Relative<Branch32, StackFlat, uint>,
            (OpKind.NearBranch32, _) => &Relative<Branch32, StackChecked, uint>,
            (_, AddressForm.Flat) => &Relative<Branch16, StackFlat, ushort>,
            _ => &Relative<Branch16, StackChecked, ushort>,
        };
        return true;
    }

    private static Outcome Relative<TWidth, TStack, T>(Core* c, DecodedInstruction* i)
        where TWidth : struct, IBranchWidth where TStack : struct, IStack where T : unmanaged =>
        To<TWidth, TStack, T>(c, i, c->State.Rip + (ulong)i->Immediate);

    private static Outcome To<TWidth, TStack, T>(Core* c, DecodedInstruction* i, ulong target)
        where TWidth : struct, IBranchWidth where TStack : struct, IStack where T : unmanaged
    {
        if (!TWidth.Accepts(c, ref target))
        {
            // Where the stack faults too, its fault is the one that is raised.
            return TStack.CanWrite<T>(c, TStack.Pointer(c) - (uint)sizeof(T)) ? Fault.GeneralProtection(c) : Outcome.Stop;
        }
        if (!Stack.Push<TStack, T>(c, Wide.Cut<T>(Branch.Next(c, i))))
            return Outcome.Stop;
        c->State.Rip = target;
        return Outcome.Jump;
    }

    private readonly struct CallOperation<TStack> : ISourceOperation where TStack : struct, IStack
    {
        public static int Operand => 0;

        public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T> => sizeof(T) switch
        {
            8 => To<Branch64, TStack, T>(c, i, Wide.Zero(source)),
            4 => To<Branch32, TStack, T>(c, i, Wide.Zero(source)),
            _ => To<Branch16, TStack, T>(c, i, Wide.Zero(source)),
        };
    }
}

/// <summary>Near RET, with or without bytes to release (SDM volume 2, RET).</summary>
internal static unsafe class NearReturn
{
    /// <summary>Chooses width and stack.</summary>
    public static bool Bind(ref BindContext b)
    {
        b.Target->Immediate = b.Source.OpCount == 0 ? 0 : b.Source.Immediate16;
        var stack = Stack.FormOf(b.Mode);
        b.Target->Handler = b.Source.Code switch
        {
            Code.Retnq or Code.Retnq_imm16 => &Return<Branch64, Stack64, ulong>,
            Code.Retnd or Code.Retnd_imm16 when stack == AddressForm.Flat => &Return<Branch32, StackFlat, uint>,
            Code.Retnd or Code.Retnd_imm16 => &Return<Branch32, StackChecked, uint>,
            _ when stack == AddressForm.Long => &Return<Branch16, Stack64, ushort>,
            _ when stack == AddressForm.Flat => &Return<Branch16, StackFlat, ushort>,
            _ => &Return<Branch16, StackChecked, ushort>,
        };
        return true;
    }

    private static Outcome Return<TWidth, TStack, T>(Core* c, DecodedInstruction* i)
        where TWidth : struct, IBranchWidth where TStack : struct, IStack where T : unmanaged
    {
        ulong pointer = TStack.Pointer(c);
        if (!TStack.Read(c, pointer, out T popped))
            return Outcome.Stop;
        ulong target = Wide.Zero(popped);
        if (!TWidth.Accepts(c, ref target))
            return Fault.GeneralProtection(c);
        TStack.SetPointer(c, pointer + (uint)sizeof(T) + (ulong)i->Immediate);
        c->State.Rip = target;
        return Outcome.Jump;
    }
}
