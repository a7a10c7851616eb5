using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Silicon;

/// <summary>
/// The part of the generated code that loads and stores YMM0 to YMM15, MM0 to MM7 and MXCSR, where a set of trampolines has it. It changes no general register and no flag.
/// </summary>
internal sealed unsafe class VectorTrampolines(SiliconContext* context, bool hasAvx, bool isActive)
{
    private const int NeutralFlags = 0x202;

    private static readonly AssemblerRegisterYMM[] Ymm =
        [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];
    private static readonly AssemblerRegisterXMM[] Xmm =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];
    private static readonly AssemblerRegisterMM[] Mm = [mm0, mm1, mm2, mm3, mm4, mm5, mm6, mm7];

    /// <summary>Loads them.</summary>
    public void Load(Assembler a)
    {
        if (!isActive)
            return;
        SiliconVectors* vectors = &context->VectorsBefore;
        for (int n = 0; n < 16; n++)
        {
            if (hasAvx)
                a.vmovups(Ymm[n], __ymmword_ptr[Register(vectors, n)]);
            else
                a.movups(Xmm[n], __xmmword_ptr[Register(vectors, n)]);
        }
        for (int n = 0; n < 8; n++)
            a.movq(Mm[n], __qword_ptr[(ulong)&vectors->Mm[n]]);
        a.stmxcsr(__dword_ptr[(ulong)&context->HostMxcsr]);
        a.ldmxcsr(__dword_ptr[(ulong)&vectors->Mxcsr]);
    }

    /// <summary>Stores them, and gives the runtime what it had.</summary>
    public void Store(Assembler a)
    {
        if (!isActive)
            return;
        // The case's AC would make every store here that is not aligned an exception, and so the way back a circle.
        a.push(NeutralFlags);
        a.popfq();
        SiliconVectors* vectors = &context->VectorsAfter;
        for (int n = 0; n < 16; n++)
        {
            if (hasAvx)
                a.vmovups(__ymmword_ptr[Register(vectors, n)], Ymm[n]);
            else
                a.movups(__xmmword_ptr[Register(vectors, n)], Xmm[n]);
        }
        // XRSTOR may have loaded x87 exceptions that wait.
        a.fnclex();
        for (int n = 0; n < 8; n++)
            a.movq(__qword_ptr[(ulong)&vectors->Mm[n]], Mm[n]);
        a.stmxcsr(__dword_ptr[(ulong)&vectors->Mxcsr]);
        a.ldmxcsr(__dword_ptr[(ulong)&context->HostMxcsr]);
        a.fninit();
        if (hasAvx)
            a.vzeroupper();
    }

    private static ulong Register(SiliconVectors* vectors, int number) => (ulong)&vectors->Ymm[number * 4];
}
