using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Integer;

/// <summary>Encodings that older processors read as something else.</summary>
public unsafe class OlderMeaningTests
{
    [Fact]
    public void TZCNT_and_LZCNT_are_BSF_and_BSR_where_the_model_does_not_show_them()
    {
        using TestMachine old = TestMachine.Long(model: CpuModel.V1);
        old.State->Gpr[1] = 0x10;
        (old.State->Gpr[0], old.State->Gpr[2]) = (77, 77);
        old.Load(a =>
        {
            a.lzcnt(rdx, rcx);
            a.tzcnt(rax, rbx);
        });
        old.RunFully(2);
        old.State->Gpr[2].ShouldBe(4ul);
        old.State->Gpr[0].ShouldBe(77ul);
        (old.State->Rflags & Rflags.Zf).ShouldBe(Rflags.Zf);
    }
}
