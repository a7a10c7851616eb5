using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>Integer arithmetic and shifts on XMM and YMM registers.</content>
internal static unsafe partial class InstructionTable
{
    private static void AddVectorIntegers()
    {
        AddPacked<IntegerAdd<byte>>(Mnemonic.Paddb, Mnemonic.Vpaddb);
        AddPacked<IntegerAdd<ushort>>(Mnemonic.Paddw, Mnemonic.Vpaddw);
        AddPacked<IntegerAdd<uint>>(Mnemonic.Paddd, Mnemonic.Vpaddd);
        AddPacked<IntegerAdd<ulong>>(Mnemonic.Paddq, Mnemonic.Vpaddq);
        AddPacked<IntegerAddSaturate<sbyte>>(Mnemonic.Paddsb, Mnemonic.Vpaddsb);
        AddPacked<IntegerAddSaturate<short>>(Mnemonic.Paddsw, Mnemonic.Vpaddsw);
        AddPacked<IntegerAddSaturate<byte>>(Mnemonic.Paddusb, Mnemonic.Vpaddusb);
        AddPacked<IntegerAddSaturate<ushort>>(Mnemonic.Paddusw, Mnemonic.Vpaddusw);
        AddPacked<IntegerSubtract<byte>>(Mnemonic.Psubb, Mnemonic.Vpsubb);
        AddPacked<IntegerSubtract<ushort>>(Mnemonic.Psubw, Mnemonic.Vpsubw);
        AddPacked<IntegerSubtract<uint>>(Mnemonic.Psubd, Mnemonic.Vpsubd);
        AddPacked<IntegerSubtract<ulong>>(Mnemonic.Psubq, Mnemonic.Vpsubq);
        AddPacked<IntegerSubtractSaturate<sbyte>>(Mnemonic.Psubsb, Mnemonic.Vpsubsb);
        AddPacked<IntegerSubtractSaturate<short>>(Mnemonic.Psubsw, Mnemonic.Vpsubsw);
        AddPacked<IntegerSubtractSaturate<byte>>(Mnemonic.Psubusb, Mnemonic.Vpsubusb);
        AddPacked<IntegerSubtractSaturate<ushort>>(Mnemonic.Psubusw, Mnemonic.Vpsubusw);

        AddPacked<IntegerMinimum<byte>>(Mnemonic.Pminub, Mnemonic.Vpminub);
        AddPacked<IntegerMinimum<ushort>>(Mnemonic.Pminuw, Mnemonic.Vpminuw);
        AddPacked<IntegerMinimum<uint>>(Mnemonic.Pminud, Mnemonic.Vpminud);
        AddPacked<IntegerMinimum<sbyte>>(Mnemonic.Pminsb, Mnemonic.Vpminsb);
        AddPacked<IntegerMinimum<short>>(Mnemonic.Pminsw, Mnemonic.Vpminsw);
        AddPacked<IntegerMinimum<int>>(Mnemonic.Pminsd, Mnemonic.Vpminsd);
        AddPacked<IntegerMaximum<byte>>(Mnemonic.Pmaxub, Mnemonic.Vpmaxub);
        AddPacked<IntegerMaximum<ushort>>(Mnemonic.Pmaxuw, Mnemonic.Vpmaxuw);
        AddPacked<IntegerMaximum<uint>>(Mnemonic.Pmaxud, Mnemonic.Vpmaxud);
        AddPacked<IntegerMaximum<sbyte>>(Mnemonic.Pmaxsb, Mnemonic.Vpmaxsb);
        AddPacked<IntegerMaximum<short>>(Mnemonic.Pmaxsw, Mnemonic.Vpmaxsw);
        AddPacked<IntegerMaximum<int>>(Mnemonic.Pmaxsd, Mnemonic.Vpmaxsd);
        AddPacked<IntegerEqual<sbyte>>(Mnemonic.Pcmpeqb, Mnemonic.Vpcmpeqb);
        AddPacked<IntegerEqual<short>>(Mnemonic.Pcmpeqw, Mnemonic.Vpcmpeqw);
        AddPacked<IntegerEqual<int>>(Mnemonic.Pcmpeqd, Mnemonic.Vpcmpeqd);
        AddPacked<IntegerEqual<long>>(Mnemonic.Pcmpeqq, Mnemonic.Vpcmpeqq);
        AddPacked<IntegerGreater<sbyte>>(Mnemonic.Pcmpgtb, Mnemonic.Vpcmpgtb);
        AddPacked<IntegerGreater<short>>(Mnemonic.Pcmpgtw, Mnemonic.Vpcmpgtw);
        AddPacked<IntegerGreater<int>>(Mnemonic.Pcmpgtd, Mnemonic.Vpcmpgtd);
        AddPacked<IntegerGreater<long>>(Mnemonic.Pcmpgtq, Mnemonic.Vpcmpgtq);
        AddPacked<IntegerAverage<byte>>(Mnemonic.Pavgb, Mnemonic.Vpavgb);
        AddPacked<IntegerAverage<ushort>>(Mnemonic.Pavgw, Mnemonic.Vpavgw);
        AddPacked<IntegerAbsolute<sbyte>>(Mnemonic.Pabsb, Mnemonic.Vpabsb);
        AddPacked<IntegerAbsolute<short>>(Mnemonic.Pabsw, Mnemonic.Vpabsw);
        AddPacked<IntegerAbsolute<int>>(Mnemonic.Pabsd, Mnemonic.Vpabsd);
        AddPacked<IntegerSign<sbyte>>(Mnemonic.Psignb, Mnemonic.Vpsignb);
        AddPacked<IntegerSign<short>>(Mnemonic.Psignw, Mnemonic.Vpsignw);
        AddPacked<IntegerSign<int>>(Mnemonic.Psignd, Mnemonic.Vpsignd);

        AddPacked<HorizontalWords<IntegerAdd<ushort>>>(Mnemonic.Phaddw, Mnemonic.Vphaddw);
        AddPacked<HorizontalDoublewords<IntegerAdd<uint>>>(Mnemonic.Phaddd, Mnemonic.Vphaddd);
        AddPacked<HorizontalWords<IntegerAddSaturate<short>>>(Mnemonic.Phaddsw, Mnemonic.Vphaddsw);
        AddPacked<HorizontalWords<IntegerSubtract<ushort>>>(Mnemonic.Phsubw, Mnemonic.Vphsubw);
        AddPacked<HorizontalDoublewords<IntegerSubtract<uint>>>(Mnemonic.Phsubd, Mnemonic.Vphsubd);
        AddPacked<HorizontalWords<IntegerSubtractSaturate<short>>>(Mnemonic.Phsubsw, Mnemonic.Vphsubsw);

        AddPacked<MultiplyLow<ushort>>(Mnemonic.Pmullw, Mnemonic.Vpmullw);
        AddPacked<MultiplyLow<uint>>(Mnemonic.Pmulld, Mnemonic.Vpmulld);
        AddPacked<MultiplyHighSigned>(Mnemonic.Pmulhw, Mnemonic.Vpmulhw);
        AddPacked<MultiplyHighUnsigned>(Mnemonic.Pmulhuw, Mnemonic.Vpmulhuw);
        AddPacked<MultiplyHighRounded>(Mnemonic.Pmulhrsw, Mnemonic.Vpmulhrsw);
        AddPacked<MultiplyEvenUnsigned>(Mnemonic.Pmuludq, Mnemonic.Vpmuludq);
        AddPacked<MultiplyEvenSigned>(Mnemonic.Pmuldq, Mnemonic.Vpmuldq);
        AddPacked<MultiplyAddWords>(Mnemonic.Pmaddwd, Mnemonic.Vpmaddwd);
        AddPacked<MultiplyAddBytes>(Mnemonic.Pmaddubsw, Mnemonic.Vpmaddubsw);
        AddPacked<SumOfDifferences>(Mnemonic.Psadbw, Mnemonic.Vpsadbw);
        AddPacked<MinimumPosition>(Mnemonic.Phminposuw, Mnemonic.Vphminposuw);
        AddVector(Mnemonic.Mpsadbw, Mnemonic.Vmpsadbw, &VectorForms<SlidingDifferences>.Bind);

        AddVector(Mnemonic.Psllw, Mnemonic.Vpsllw, &IntegerShifts<ShiftLeft<ushort>, ushort>.Bind);
        AddVector(Mnemonic.Pslld, Mnemonic.Vpslld, &IntegerShifts<ShiftLeft<uint>, uint>.Bind);
        AddVector(Mnemonic.Psllq, Mnemonic.Vpsllq, &IntegerShifts<ShiftLeft<ulong>, ulong>.Bind);
        AddVector(Mnemonic.Psrlw, Mnemonic.Vpsrlw, &IntegerShifts<ShiftRight<ushort>, ushort>.Bind);
        AddVector(Mnemonic.Psrld, Mnemonic.Vpsrld, &IntegerShifts<ShiftRight<uint>, uint>.Bind);
        AddVector(Mnemonic.Psrlq, Mnemonic.Vpsrlq, &IntegerShifts<ShiftRight<ulong>, ulong>.Bind);
        AddVector(Mnemonic.Psraw, Mnemonic.Vpsraw, &IntegerShifts<ShiftArithmetic<short>, short>.Bind);
        AddVector(Mnemonic.Psrad, Mnemonic.Vpsrad, &IntegerShifts<ShiftArithmetic<int>, int>.Bind);
        AddVector(Mnemonic.Vpsllvd, &VectorForms<Packed<ShiftEach<ShiftLeft<uint>, uint>>>.Bind);
        AddVector(Mnemonic.Vpsllvq, &VectorForms<Packed<ShiftEach<ShiftLeft<ulong>, ulong>>>.Bind);
        AddVector(Mnemonic.Vpsrlvd, &VectorForms<Packed<ShiftEach<ShiftRight<uint>, uint>>>.Bind);
        AddVector(Mnemonic.Vpsrlvq, &VectorForms<Packed<ShiftEach<ShiftRight<ulong>, ulong>>>.Bind);
        AddVector(Mnemonic.Vpsravd, &VectorForms<Packed<ShiftEach<ShiftArithmetic<int>, int>>>.Bind);
    }

    private static void AddPacked<TOp>(Mnemonic legacy, Mnemonic vex) where TOp : struct, IPackedOperation =>
        AddVector(legacy, vex, &VectorForms<Packed<TOp>>.Bind);

    private static void AddPackedImmediate<TOp>(Mnemonic legacy, Mnemonic vex) where TOp : struct, IPackedImmediateOperation =>
        AddVector(legacy, vex, &VectorForms<PackedImmediate<TOp>>.Bind);
}
