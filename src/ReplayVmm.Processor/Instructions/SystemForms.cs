using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// Forms of MOV, PUSH, POP, CALL and JMP that have rows of their own in the table, in the system families: segment, control and debug
/// registers, far pointers. A general binder that is asked for one refuses.
/// </summary>
internal static unsafe class SystemForms
{
    /// <summary>True where an operand is a segment, control or debug register or a far pointer.</summary>
    public static bool Matches(ref BindContext b)
    {
        for (int operand = 0; operand < b.Source.OpCount; operand++)
        {
            switch (b.Source.GetOpKind(operand))
            {
                case OpKind.FarBranch16 or OpKind.FarBranch32:
                    return true;
                case OpKind.Register when !b.Source.GetOpRegister(operand).IsGPR():
                    return true;
            }
        }
        return b.Source.IsCallFarIndirect || b.Source.IsJmpFarIndirect;
    }
}
