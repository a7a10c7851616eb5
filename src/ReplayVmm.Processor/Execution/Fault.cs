using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>The one place where a handler raises an exception of the guest. Delivery comes later, in the run loop.</summary>
internal static unsafe class Fault
{
    /// <summary>Makes an exception with an error code pending; the handler returns the result.</summary>
    public static Outcome Raise(Core* c, byte vector, uint errorCode)
    {
        c->Pending = new Pending { Kind = PendingKind.Fault, Vector = vector, HasErrorCode = true, ErrorCode = errorCode };
        return Outcome.Stop;
    }

    /// <summary>Makes an exception without an error code pending; the handler returns the result.</summary>
    public static Outcome Raise(Core* c, byte vector)
    {
        c->Pending = new Pending { Kind = PendingKind.Fault, Vector = vector };
        return Outcome.Stop;
    }

    /// <summary>#GP(0).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Outcome GeneralProtection(Core* c) => Raise(c, Vector.Gp, 0);

    /// <summary>#UD.</summary>
    public static Outcome InvalidOpcode(Core* c) => Raise(c, Vector.Ud);
}
