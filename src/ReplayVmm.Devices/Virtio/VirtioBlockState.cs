using System.Runtime.CompilerServices;

namespace ReplayVmm.Devices;

/// <summary>What a block device keeps over a reset.</summary>
internal struct VirtioBlockState
{
    /// <summary>SHA-256 over the hash before, the sector and the data of each piece that was written; zeros before the first.</summary>
    public HashBytes Written;

    /// <summary>A SHA-256.</summary>
    [InlineArray(32)]
    internal struct HashBytes
    {
        private byte first;
    }
}
