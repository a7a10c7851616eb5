using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// Every encoding that the table of instructions has, the processor that runs the tests has too, and a user-mode program may execute, in one mode.
/// </summary>
internal sealed unsafe class FormCatalog
{
    private static readonly HashSet<OpCodeOperandKind> General =
    [
        OpCodeOperandKind.mem, OpCodeOperandKind.mem_offs, OpCodeOperandKind.r8_or_mem, OpCodeOperandKind.r16_or_mem, OpCodeOperandKind.r32_or_mem,
        OpCodeOperandKind.r64_or_mem, OpCodeOperandKind.r8_reg, OpCodeOperandKind.r8_opcode, OpCodeOperandKind.r16_reg, OpCodeOperandKind.r16_rm, OpCodeOperandKind.r16_opcode,
        OpCodeOperandKind.r32_reg, OpCodeOperandKind.r32_rm, OpCodeOperandKind.r32_opcode, OpCodeOperandKind.r32_vvvv, OpCodeOperandKind.r64_reg, OpCodeOperandKind.r64_rm,
        OpCodeOperandKind.r64_opcode, OpCodeOperandKind.r64_vvvv, OpCodeOperandKind.al, OpCodeOperandKind.cl, OpCodeOperandKind.ax, OpCodeOperandKind.eax,
        OpCodeOperandKind.rax, OpCodeOperandKind.dx, OpCodeOperandKind.imm8, OpCodeOperandKind.imm8_const_1, OpCodeOperandKind.imm8sex16, OpCodeOperandKind.imm8sex32,
        OpCodeOperandKind.imm8sex64, OpCodeOperandKind.imm16, OpCodeOperandKind.imm32, OpCodeOperandKind.imm32sex64, OpCodeOperandKind.imm64,
        OpCodeOperandKind.seg_rSI, OpCodeOperandKind.es_rDI, OpCodeOperandKind.seg_rBX_al, OpCodeOperandKind.br16_1, OpCodeOperandKind.br32_1, OpCodeOperandKind.br64_1,
        OpCodeOperandKind.br16_2, OpCodeOperandKind.br32_4, OpCodeOperandKind.br64_4, OpCodeOperandKind.seg_reg, OpCodeOperandKind.es, OpCodeOperandKind.cs,
        OpCodeOperandKind.ss, OpCodeOperandKind.ds, OpCodeOperandKind.fs, OpCodeOperandKind.gs, OpCodeOperandKind.farbr2_2, OpCodeOperandKind.farbr4_2,
        .. VectorOperandChoice.Kinds,
    ];

    /// <summary>
    /// What depends on the machine and not on the operands, or belongs to the system: identification, time, randomness and counters; system calls; what Linux
    /// emulates for programs where UMIP is on; and VMCALL and INT1, which a hypervisor above the host may take (KVM reports INT1 before the instruction).
    /// </summary>
    private static readonly HashSet<Mnemonic> OfTheMachine =
    [
        Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdpmc, Mnemonic.Rdpid, Mnemonic.Rdrand, Mnemonic.Rdseed, Mnemonic.Xgetbv, Mnemonic.Syscall,
        Mnemonic.Sysenter, Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Smsw, Mnemonic.Str, Mnemonic.Vmcall, Mnemonic.Int1,
    ];

    private readonly HashSet<Code> _codes = [];
    private readonly int _bits;
    private readonly SiliconProcess _host;

    /// <summary>The catalogue of <paramref name="bits"/>-bit code.</summary>
    public FormCatalog(int bits, SiliconProcess host)
    {
        _bits = bits;
        _host = host;
        var forms = new List<Form>();
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (IsJudged(code))
            {
                _codes.Add(code);
                forms.Add(new Form(this, bits, code));
            }
        }
        forms.Add(new Form(this, bits, Code.INVALID));
        Forms = forms;
    }

    /// <summary>The forms, in the order of <see cref="Code"/>; random bytes last.</summary>
    public IReadOnlyList<Form> Forms { get; }

    /// <summary>Mnemonics among them.</summary>
    public int Mnemonics => _codes.Select(c => c.Mnemonic()).Distinct().Count();

    /// <summary>True where the two sides must agree on it: what it decodes to is in the catalogue, or is no instruction at all.</summary>
    public bool MayJudge(TestInstruction test)
    {
        Instruction decoded = test.Decoded;
        if (decoded.IsInvalid)
            return !VendorDifferences.Concerns(test);
        if (!_codes.Contains(decoded.Code) || VendorDifferences.Concerns(test))
            return false;
        // Linux takes breakpoints, overflows and system calls there.
        if (decoded.Mnemonic == Mnemonic.Int && decoded.Immediate8 is 3 or 4 or 0x80)
            return false;
        if (OperandGenerator.HasMemory(decoded) && IsOutOfView(test))
            return false;
        // Which components are meant stands in EAX, where an address would name some that the host alone has.
        if (test.IsStateSave && (IsComponents(decoded.MemoryBase) || IsComponents(decoded.MemoryIndex)))
            return false;
        // How many bytes of a large operand are held against a limit is each processor's own business.
        if (test.IsStateSave && test.Setting.Bits != 64 && test.Setting.Selectors[decoded.MemorySegment - Register.ES] != SegmentTable.UserData)
            return false;
        // A branch into its own bytes would not come back.
        return decoded.NearBranchTarget - test.Rip >= 16;
    }

    /// <summary>
    /// The operand has a fixed address on the code pages, which hold another way back on either side, or among the data but outside the window, where an undefined result
    /// would stay for the next case.
    /// </summary>
    private static bool IsOutOfView(TestInstruction test)
    {
        Instruction decoded = test.Decoded;
        if (decoded.MemoryBase is not (Register.None or Register.RIP or Register.EIP) || decoded.MemoryIndex != Register.None)
            return false;
        ulong linear = decoded.MemoryDisplacement64 + test.Setting.BaseOf(decoded.MemorySegment);
        if (test.Setting.Bits != 64)
            linear = (uint)linear;
        bool inWindow = linear - (Layout.Window - 16) < Layout.WindowSize + 16;
        return linear - (Layout.CodePage - 16) < Layout.CodeSize + 16 || (!inWindow && linear - Layout.Data < Layout.HoleAbove - Layout.Data);
    }

    /// <summary>
    /// A far transfer or the load of a far pointer. In which order it checks selector, descriptor, limits and memory is each processor's own business: where both
    /// sides fault, which fault it is does not count.
    /// </summary>
    public static bool HasManyChecks(Code code) => code.Mnemonic() is Mnemonic.Lds or Mnemonic.Les or Mnemonic.Lfs or Mnemonic.Lgs or Mnemonic.Lss or Mnemonic.Retf
        or Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq || code.IsCallFarIndirect() || code.IsJmpFarIndirect() || code.IsCallFar() || code.IsJmpFar();

    /// <summary>The instruction loads segment registers or their bases.</summary>
    public static bool ChangesSegments(Code code)
    {
        if (HasManyChecks(code) || code.Mnemonic() is Mnemonic.Rdfsbase or Mnemonic.Rdgsbase or Mnemonic.Wrfsbase or Mnemonic.Wrgsbase
            or Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq)
        {
            return true;
        }
        OpCodeInfo info = code.ToOpCode();
        for (int operand = 0; operand < info.OpCount; operand++)
        {
            if (info.GetOpKind(operand) is OpCodeOperandKind.seg_reg or OpCodeOperandKind.es or OpCodeOperandKind.cs or OpCodeOperandKind.ss or OpCodeOperandKind.ds
                or OpCodeOperandKind.fs or OpCodeOperandKind.gs)
            {
                return true;
            }
        }
        return false;
    }

    private bool IsJudged(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        if (!info.IsInstruction || InstructionTable.Find(code).Bind == null || OfTheMachine.Contains(code.Mnemonic()))
            return false;
        if (_bits switch { 64 => !info.Mode64, 32 => !info.Mode32, _ => !info.Mode16 })
            return false;
        if (code.Mnemonic() is Mnemonic.Rdfsbase or Mnemonic.Rdgsbase or Mnemonic.Wrfsbase or Mnemonic.Wrgsbase && !_host.HasAccessibleBases)
            return false;
        if (VendorDifferences.Concerns(code, _bits))
            return false;
        // Of processors long gone.
        if (code == Code.Popw_CS || code.ToString() is var name && (name.StartsWith("VEX_KNC", StringComparison.Ordinal) || name.Contains("486", StringComparison.Ordinal)))
            return false;
        if (info.Encoding is EncodingKind.EVEX or EncodingKind.XOP or EncodingKind.D3NOW or EncodingKind.MVEX)
            return false;
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (!HostProcessor.Has(feature))
                return false;
        }
        // x87 has a judge of its own.
        if (code.CpuidFeatures().Any(f => f is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387)
            || code.Mnemonic() is Mnemonic.Wait or Mnemonic.Emms)
        {
            return false;
        }
        for (int operand = 0; operand < info.OpCount; operand++)
        {
            if (!General.Contains(info.GetOpKind(operand)))
                return false;
        }
        return true;
    }

    private static bool IsComponents(Register register) => register.GetFullRegister() is Register.RAX or Register.RDX;

    /// <summary>FXSAVE, XSAVE and their like.</summary>
    public static bool IsStateSave(Mnemonic mnemonic) => mnemonic is Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 or Mnemonic.Xsave
        or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xsaves or Mnemonic.Xsaves64 or Mnemonic.Xrstor
        or Mnemonic.Xrstor64 or Mnemonic.Xrstors or Mnemonic.Xrstors64;
}
