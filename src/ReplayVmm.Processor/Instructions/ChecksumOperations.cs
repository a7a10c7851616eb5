using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>CRC32 with the Castagnoli polynomial (SDM volume 2, CRC32). The destination's upper half becomes zero; no flags.</summary>
internal readonly unsafe struct ChecksumOperation : ISourceOperation
{
    public static int Operand => 1;

    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        uint checksum = Reg.Get<uint>(c, i->Destination);
        ulong value = Wide.Zero(source);
        checksum = sizeof(T) switch
        {
            1 => BitOperations.Crc32C(checksum, (byte)value),
            2 => BitOperations.Crc32C(checksum, (ushort)value),
            4 => BitOperations.Crc32C(checksum, (uint)value),
            _ => BitOperations.Crc32C(checksum, value),
        };
        Reg.Set(c, i->Destination, checksum);
        return Outcome.Next;
    }
}
