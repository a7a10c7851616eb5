using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Elements to the next wider ones: all 128 bits become 256.</summary>
internal interface IExtension
{
    /// <summary>The wider elements.</summary>
    static abstract Vector256<byte> Extend(Vector128<byte> source);
}

/// <summary>PMOVSXBW: signed bytes to words.</summary>
internal readonly struct SignedBytes : IExtension
{
    public static Vector256<byte> Extend(Vector128<byte> source) =>
        Vector256.Create(Vector128.WidenLower(source.AsSByte()), Vector128.WidenUpper(source.AsSByte())).AsByte();
}

/// <summary>PMOVSXWD: signed words to doublewords.</summary>
internal readonly struct SignedWords : IExtension
{
    public static Vector256<byte> Extend(Vector128<byte> source) =>
        Vector256.Create(Vector128.WidenLower(source.AsInt16()), Vector128.WidenUpper(source.AsInt16())).AsByte();
}

/// <summary>PMOVSXDQ: signed doublewords to quadwords.</summary>
internal readonly struct SignedDoublewords : IExtension
{
    public static Vector256<byte> Extend(Vector128<byte> source) =>
        Vector256.Create(Vector128.WidenLower(source.AsInt32()), Vector128.WidenUpper(source.AsInt32())).AsByte();
}

/// <summary>PMOVZXBW: unsigned bytes to words.</summary>
internal readonly struct UnsignedBytes : IExtension
{
    public static Vector256<byte> Extend(Vector128<byte> source) => Vector256.Create(Vector128.WidenLower(source), Vector128.WidenUpper(source)).AsByte();
}

/// <summary>PMOVZXWD: unsigned words to doublewords.</summary>
internal readonly struct UnsignedWords : IExtension
{
    public static Vector256<byte> Extend(Vector128<byte> source) =>
        Vector256.Create(Vector128.WidenLower(source.AsUInt16()), Vector128.WidenUpper(source.AsUInt16())).AsByte();
}

/// <summary>PMOVZXDQ: unsigned doublewords to quadwords.</summary>
internal readonly struct UnsignedDoublewords : IExtension
{
    public static Vector256<byte> Extend(Vector128<byte> source) =>
        Vector256.Create(Vector128.WidenLower(source.AsUInt32()), Vector128.WidenUpper(source.AsUInt32())).AsByte();
}

/// <summary>PMOVSXBD PMOVZXBQ and the like: one extension after another.</summary>
internal readonly struct Then<TOne, TOther> : IExtension where TOne : struct, IExtension where TOther : struct, IExtension
{
    public static Vector256<byte> Extend(Vector128<byte> source) => TOther.Extend(TOne.Extend(source).GetLower());
}

/// <summary>Makes a vector operation of an extension.</summary>
internal readonly struct Extended<TExtension> : IVectorOperation where TExtension : struct, IExtension
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => TExtension.Extend(source).GetLower();

    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation =>
        TExtension.Extend(source.GetLower());
}
