using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>A block of zeroed host memory for guest RAM, aligned to pages. The host provides each page when it is first touched.</summary>
// SAFETY: the block is freed only by Dispose; whoever maps it into a guest disposes of it after the guest.
public sealed unsafe class HostMemory : IDisposable
{
    private const nuint PageSize = 4096;
    private void* _allocation;

    /// <summary>Allocates <paramref name="length"/> bytes, a multiple of 4,096 above 0.</summary>
    /// <exception cref="OutOfMemoryException">The host does not have that much address space or memory.</exception>
    public HostMemory(ulong length)
    {
        if (length == 0 || length % PageSize != 0 || length > (ulong)nint.MaxValue - PageSize)
            throw new ArgumentOutOfRangeException(nameof(length), length, "Guest memory is a whole number of pages, and at least one.");
        Length = length;
        _allocation = NativeMemory.AllocZeroed((nuint)length + PageSize);
        Address = (byte*)(((nuint)_allocation + PageSize - 1) & ~(PageSize - 1));
    }

    /// <summary>First byte; a multiple of 4,096.</summary>
    public byte* Address { get; private set; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_allocation);
        _allocation = null;
        Address = null;
    }
}
