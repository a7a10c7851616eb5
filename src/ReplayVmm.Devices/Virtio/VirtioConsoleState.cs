using System.Runtime.CompilerServices;

namespace ReplayVmm.Devices;

/// <summary>Typed bytes that the guest has not taken yet.</summary>
internal struct VirtioConsoleState
{
    public const int Capacity = 64;

    public TypedBytes Typed;
    public byte Count;

    /// <summary>The bytes, the oldest first.</summary>
    [InlineArray(Capacity)]
    internal struct TypedBytes
    {
        private byte first;
    }
}
