using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// Which vector instructions need an aligned memory operand (SDM volume 2, 2.4: exception types 1, 2 and 4). SSE: all with 16 bytes but the moves that say "unaligned" and the
/// string comparisons; AVX: none but the moves that say "aligned" and those past the caches.
/// </summary>
internal static class VectorAlignment
{
    /// <summary>The bits of the linear address that must be 0: 15, 31 or none.</summary>
    public static byte MaskOf(ref BindContext b)
    {
        int size = b.Source.MemorySize.GetSize();
        if (size < 16)
            return 0;
        bool aligned = b.Source.Encoding == EncodingKind.Legacy ? !MayBeUnaligned(b.Source.Mnemonic) : MustBeAligned(b.Source.Mnemonic);
        return aligned ? (byte)(size - 1) : (byte)0;
    }

    private static bool MayBeUnaligned(Mnemonic mnemonic) => mnemonic is Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu
        or Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestrm64 or Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm;

    private static bool MustBeAligned(Mnemonic mnemonic) => mnemonic is Mnemonic.Vmovaps or Mnemonic.Vmovapd or Mnemonic.Vmovdqa
        or Mnemonic.Vmovntps or Mnemonic.Vmovntpd or Mnemonic.Vmovntdq or Mnemonic.Vmovntdqa;
}
