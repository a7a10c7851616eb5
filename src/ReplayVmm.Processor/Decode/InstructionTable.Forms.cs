using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static readonly Row[] Forms = new Row[(int)Enum.GetValues<Code>().Max() + 1];

    /// <summary>
    /// The row of an encoding: its own where it has one (MOV to CR is another instruction than MOV, a far JMP another than a near one),
    /// else its mnemonic's.
    /// </summary>
    public static ref readonly Row Find(Code code)
    {
        ref readonly Row form = ref Forms[(int)code];
        if (form.Bind != null)
            return ref form;
        return ref Rows[(int)code.Mnemonic()];
    }

    private static void AddForm(
        Code code, delegate*<ref BindContext, bool> bind, CpuFeature feature = CpuFeature.Base, bool endsBlock = false) =>
        Forms[(int)code] = new Row(bind, feature, endsBlock, lockable: false);
}
