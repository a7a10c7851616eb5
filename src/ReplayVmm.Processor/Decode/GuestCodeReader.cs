using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Code bytes in host memory, for Iced's decoder.</summary>
// SAFETY: reads only between the two pointers it was given.
internal sealed unsafe class GuestCodeReader : CodeReader
{
    private byte* _next, _end;

    /// <summary>Starts anew.</summary>
    public void Set(byte* start, byte* end)
    {
        _next = start;
        _end = end;
    }

    /// <inheritdoc/>
    public override int ReadByte() => _next < _end ? *_next++ : -1;
}
