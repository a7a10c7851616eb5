using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// Where AMD and Intel define different behaviour. The interpreter follows Intel; on a processor of the other vendor these are not judged. Flags are in
/// <see cref="DefinedFlags"/>.
/// </summary>
internal static class VendorDifferences
{
    /// <summary>True where <paramref name="code"/> is not judged on this host.</summary>
    public static bool Concerns(Code code, int bits) => HostProcessor.IsAmd && code switch
    {
        // 0F 0D with a register: a reserved NOP of Intel's (SDM volume 2, appendix A), #UD on AMD (APM volume 3, PREFETCH).
        Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D or Code.Reservednop_rm64_r64_0F0D => true,
        // MOVSXD to a 16-bit register loads 16 bits (SDM volume 2, MOVSXD), or 32 (APM volume 3, MOVSXD).
        Code.Movsxd_r16_rm16 => true,
        // SYSENTER and SYSEXIT are #UD in long mode on AMD (APM volume 3, SYSENTER).
        Code.Sysexitd or Code.Sysexitq => true,
        // SYSRET outside 64-bit mode is #UD (SDM volume 2, SYSRET), or goes on and is #GP at CPL 3 (APM volume 3, SYSRET).
        Code.Sysretd => bits != 64,
        // Far pointers of 80 bits (SDM volume 2, JMP, CALL, LSS): AMD has none, REX.W leaves them at 48 (APM volume 3, JMP far, CALL far, LFS).
        Code.Call_m1664 or Code.Jmp_m1664 or Code.Lfs_r64_m1664 or Code.Lgs_r64_m1664 or Code.Lss_r64_m1664 => true,
        _ => bits == 64 && IsNarrowBranch(code),
    };

    /// <summary>As above, for what depends on the bytes.</summary>
    public static bool Concerns(TestInstruction test)
    {
        // REP and REPNE before anything but string instructions are reserved (SDM volume 2, 2.1.1); on AMD they change what LOOPE and LOOPNE look at.
        if (test.Decoded.Mnemonic is Mnemonic.Loope or Mnemonic.Loopne && (test.Decoded.HasRepPrefix || test.Decoded.HasRepnePrefix))
            return true;
        if (!HostProcessor.IsAmd)
            return false;
        // RETF imm16 on a 16-bit stack: AMD carries the released bytes into the upper half of ESP; the manuals agree that SP alone is moved.
        if (test.Decoded.Code is Code.Retfw_imm16 or Code.Retfd_imm16 && test.Setting.HasNarrowStack)
            return true;
        int opcode = ByteMutation.OpcodeAt(test.Bytes, test.Setting.Bits);
        // LOCK in front of MOV to and from CR0 names CR8 (APM volume 3, MOV CRn).
        if (test.Bytes.AsSpan(0, opcode).Contains((byte)0xF0) && test.Bytes.AsSpan(opcode) is [0x0F, 0x20 or 0x22, ..])
            return true;
        // 8F with map 10 is an XOP prefix (APM volume 3, XOP encoding), whose instruction even a processor without XOP measures to its end: up to 14 bytes, so that with two
        // prefixes it may be longer than an instruction can be, which is #GP before it is #UD. To Intel it is a POP that does not exist.
        if (opcode >= 2 && test.Bytes.AsSpan(opcode) is [0x8F, var map, ..] && (map & 0x1F) == 10)
            return true;
        // VPERMQ and VPERMPD exist with VEX.W 1 only (SDM volume 2); AMD's processors pass over the bit.
        if (test.Decoded.IsInvalid && test.Bytes.AsSpan(opcode) is [0xC4, var table, < 0x80, 0 or 1, ..] && (table & 0x1F) == 3)
            return true;
        // An operand-size prefix makes near branches of 64-bit mode 16 bits wide (APM volume 3, 1.2.4); Intel passes over it (SDM volume 2, JMP, CALL, RET).
        bool isBranch = test.Decoded.IsInvalid ? MayBeBranch(test.Bytes.AsSpan(opcode)) : test.IsBranch && !FormCatalog.HasManyChecks(test.Decoded.Code);
        return test.Setting.Bits == 64 && isBranch && test.Bytes.AsSpan(0, opcode).Contains((byte)0x66);
    }

    /// <summary>
    /// As above, for what depends on the operands. SHA's memory must be aligned (SDM volume 2, 2.4.4, exception type 4); AMD's processors take it anywhere.
    /// </summary>
    public static unsafe bool Concerns(TestInstruction test, SiliconCase* native, bool faulted, SiliconCase* ours) =>
        HostProcessor.IsAmd && ours->Signal != 0 && ours->Vector == Vector.Gp && !(faulted && native->Vector == Vector.Gp) && test.Decoded.CpuidFeatures.Contains(CpuidFeature.SHA);

    /// <summary>What does not decode, for its length, would be a near branch.</summary>
    private static bool MayBeBranch(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [>= 0x70 and <= 0x7F or >= 0xE0 and <= 0xE3 or 0xE8 or 0xE9 or 0xEB or 0xC2 or 0xC3 or 0xFF, ..] => true,
        [0x0F, >= 0x80 and <= 0x8F, ..] => true,
        _ => false,
    };

    private static bool IsNarrowBranch(Code code) =>
        code is Code.Retnw or Code.Retnw_imm16 or Code.Call_rm16 or Code.Jmp_rm16
        || (code.ToOpCode() is { OpCount: > 0 } branch && branch.GetOpKind(0) is OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2);
}
