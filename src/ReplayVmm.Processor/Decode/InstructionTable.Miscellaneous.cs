using Iced.Intel;

namespace ReplayVmm.Processor;

internal static unsafe partial class InstructionTable
{
    private static void AddMiscellaneous()
    {
        Add(Mnemonic.Clc, &FlagControl.BindClc);
        Add(Mnemonic.Stc, &FlagControl.BindStc);
        Add(Mnemonic.Cmc, &FlagControl.BindCmc);
        Add(Mnemonic.Cld, &FlagControl.BindCld);
        Add(Mnemonic.Std, &FlagControl.BindStd);
        Add(Mnemonic.Lahf, &FlagControl.BindLahf);
        Add(Mnemonic.Sahf, &FlagControl.BindSahf);
        Add(Mnemonic.Salc, &FlagControl.BindSalc);

        Add(Mnemonic.Nop, &NoOperation.Bind);
        Add(Mnemonic.Reservednop, &NoOperation.Bind);
        Add(Mnemonic.Endbr32, &NoOperation.Bind);
        Add(Mnemonic.Endbr64, &NoOperation.Bind);
        Add(Mnemonic.Pause, &NoOperation.BindPause);
        // Programs for 64-bit mode use fences without asking CPUID: every processor with that mode has SSE2. A model that hides SSE keeps them.
        Add(Mnemonic.Lfence, &NoOperation.Bind, CpuFeature.LongMode);
        Add(Mnemonic.Mfence, &NoOperation.Bind, CpuFeature.LongMode);
        Add(Mnemonic.Sfence, &NoOperation.Bind, CpuFeature.LongMode);
        Add(Mnemonic.Prefetcht0, &NoOperation.Bind, CpuFeature.LongMode);
        Add(Mnemonic.Prefetcht1, &NoOperation.Bind, CpuFeature.LongMode);
        Add(Mnemonic.Prefetcht2, &NoOperation.Bind, CpuFeature.LongMode);
        Add(Mnemonic.Prefetchnta, &NoOperation.Bind, CpuFeature.LongMode);
        Add(Mnemonic.Prefetch, &NoOperation.Bind, CpuFeature.Prefetchw);
        Add(Mnemonic.Prefetchw, &NoOperation.Bind, CpuFeature.Prefetchw);
        Add(Mnemonic.Prefetchwt1, &NoOperation.Bind, CpuFeature.Prefetchw);
        Add(Mnemonic.Clflush, &FromSource<FlushOperation>.Bind, CpuFeature.Clflush);
        Add(Mnemonic.Clflushopt, &FromSource<FlushOperation>.Bind, CpuFeature.Clflushopt);
        Add(Mnemonic.Clwb, &FromSource<FlushOperation>.Bind, CpuFeature.Clwb);
        Add(Mnemonic.Bound, &Bound.Bind);
        Add(Mnemonic.Ud0, &Undefined.Bind);
        Add(Mnemonic.Ud1, &Undefined.Bind);
        Add(Mnemonic.Ud2, &Undefined.Bind);
    }
}
