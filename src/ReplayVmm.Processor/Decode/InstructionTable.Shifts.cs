using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddShifts()
    {
        Add(Mnemonic.Shl, &Shift<ShiftLeft>.Bind);
        Add(Mnemonic.Sal, &Shift<ShiftLeft>.Bind);
        Add(Mnemonic.Shr, &Shift<ShiftRight>.Bind);
        Add(Mnemonic.Sar, &Shift<ShiftArithmeticRight>.Bind);
        Add(Mnemonic.Rol, &Shift<RotateLeft>.Bind);
        Add(Mnemonic.Ror, &Shift<RotateRight>.Bind);
        Add(Mnemonic.Rcl, &Shift<RotateCarryLeft>.Bind);
        Add(Mnemonic.Rcr, &Shift<RotateCarryRight>.Bind);
        Add(Mnemonic.Shld, &DoubleShift.BindLeft);
        Add(Mnemonic.Shrd, &DoubleShift.BindRight);

        Add(Mnemonic.Rorx, &FromSource<RotateRightWithoutFlagsOperation>.Bind, CpuFeature.Bmi2);
        Add(Mnemonic.Shlx, &FromSource<ShiftLeftWithoutFlagsOperation>.Bind, CpuFeature.Bmi2);
        Add(Mnemonic.Shrx, &FromSource<ShiftRightWithoutFlagsOperation>.Bind, CpuFeature.Bmi2);
        Add(Mnemonic.Sarx, &FromSource<ShiftArithmeticRightWithoutFlagsOperation>.Bind, CpuFeature.Bmi2);
    }
}
