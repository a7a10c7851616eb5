namespace ReplayVmm.Processor;

/// <summary>What an operation is told (the control word) and what it reports (exceptions, whether it rounded up).</summary>
internal ref struct FloatContext(ushort control)
{
    /// <summary>Exception bits, in the places that they have in the status and control words (SDM volume 1, 8.1.3 and 8.1.5).</summary>
    public const int Invalid = 1, Denormal = 2, ZeroDivide = 4, Overflow = 8, Underflow = 16, Precision = 32, StackFault = 64;

    /// <summary>The six exceptions that can be masked.</summary>
    public const int AllExceptions = 0x3F;

    /// <summary>Exceptions that are found before an operation and prevent it where they are not masked (SDM volume 1, 4.9.3).</summary>
    public const int BeforeOperation = Invalid | Denormal | ZeroDivide;

    private const int Single = 0, Double = 2;

    /// <summary>Exceptions so far.</summary>
    public int Exceptions;

    /// <summary>The last rounding was away from zero: C1.</summary>
    public bool RoundedUp;

    /// <summary>MXCSR.FTZ: tiny results become zeros where underflow is masked.</summary>
    public bool FlushesToZero;

    /// <summary>MXCSR.DAZ: denormal operands count as zeros.</summary>
    public bool DenormalsAreZeros;

    /// <summary>Rounding: 0 to nearest, 1 down, 2 up, 3 to zero.</summary>
    public readonly int Rounding => (control >> 10) & 3;

    /// <summary>Bits of significand that arithmetic keeps.</summary>
    public readonly int PrecisionBits => ((control >> 8) & 3) switch { Single => 24, Double => 53, _ => 64 };

    /// <summary>Exceptions that are raised and not masked.</summary>
    public readonly int Unmasked => Exceptions & ~control & AllExceptions;

    /// <summary>Notes an invalid operation, before which a denormal operand does not count.</summary>
    public void Invalidate() => Exceptions = (Exceptions & ~Denormal) | Invalid;

    /// <summary>Notes a division by zero, before which a denormal operand does not count either.</summary>
    public void DivideByZero() => Exceptions = (Exceptions & ~Denormal) | ZeroDivide;

    /// <summary>Notes a stack overflow or underflow; nothing else counts beside it.</summary>
    public void FaultStack() => Exceptions = Invalid | StackFault;

    /// <summary>True where <paramref name="exception"/> is masked.</summary>
    public readonly bool IsMasked(int exception) => (control & exception) != 0;
}
