using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>One of the arithmetic operations, as the host's vectors compute it for ordinary numbers and as integers compute it for all.</summary>
internal interface IArithmetic : IElementOperation
{
    /// <summary>True where only the second operand counts.</summary>
    static abstract bool IsUnary { get; }

    /// <summary>False where the residual needs a fused multiplication, which this host does not have.</summary>
    static abstract bool HasResidual { get; }

    /// <summary>The results, rounded to nearest.</summary>
    static abstract Vector128<T> Compute<T>(Vector128<T> a, Vector128<T> b);

    /// <summary>Zero exactly where <paramref name="r"/> is exact; for operands and results of middling magnitude, or zeros.</summary>
    static abstract Vector128<T> Residual<T>(Vector128<T> a, Vector128<T> b, Vector128<T> r);

    /// <summary>All ones where a zero result of finite operands is exact.</summary>
    static abstract Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b);
}
