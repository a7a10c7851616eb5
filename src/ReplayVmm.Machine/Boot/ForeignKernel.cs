namespace ReplayVmm.Machine;

/// <summary>Kernels for other processors, told apart so that the refusal can say what they are.</summary>
internal static class ForeignKernel
{
    private const int HeaderMagic = 0x38;

    /// <summary>The architecture that a kernel image which is no bzImage is for, or what it is instead; null where it cannot be told.</summary>
    public static string? Describe(ReadOnlySpan<byte> image)
    {
        if (image.Length > HeaderMagic + 4)
        {
            ReadOnlySpan<byte> magic = image[HeaderMagic..];
            if (magic.StartsWith("ARM\x64"u8))
                return "a kernel for arm64";
            if (magic.StartsWith("RSC\x05"u8) || image[0x30..].StartsWith("RISCV"u8))
                return "a kernel for RISC-V";
            if (image[0x24..].StartsWith((ReadOnlySpan<byte>)[0x18, 0x28, 0x6F, 0x01]))
                return "a kernel for 32-bit ARM";
            if (image[0x4..].StartsWith("zimg"u8))
                return "a compressed EFI kernel of another architecture";
        }

        if (image.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return "compressed with gzip, which x86 kernels are not: unpack it";
        if (image.StartsWith("MZ"u8))
            return "an EFI program";
        return null;
    }

    /// <summary>The name of an ELF machine number, where it is a common one.</summary>
    public static string MachineName(ushort machine) => machine switch
    {
        8 => "MIPS",
        20 => "PowerPC",
        21 => "64-bit PowerPC",
        22 => "S/390",
        40 => "32-bit ARM",
        183 => "arm64",
        243 => "RISC-V",
        258 => "LoongArch",
        _ => $"machine {machine}",
    };
}
