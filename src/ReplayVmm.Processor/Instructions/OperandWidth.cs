using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Widths of operands as Iced names them.</summary>
internal static class OperandWidth
{
    /// <summary>Bytes of operand <paramref name="operand"/>, a register or memory: 1, 2, 4, 8, …</summary>
    public static int Of(ref BindContext b, int operand) =>
        b.IsRegister(operand) ? b.Source.GetOpRegister(operand).GetSize() : b.Source.MemorySize.GetSize();
}
