namespace ReplayVmm.Processor;

/// <summary>Finds how many elements of a REP string instruction can be done at once: within one page, one segment, and a fast translation.</summary>
internal static unsafe class StringRun<T, TAddress> where T : unmanaged where TAddress : struct, IStringAddress
{
    /// <summary>The source's run from offset <paramref name="index"/>; false where the first element needs the slow path.</summary>
    public static bool Source(Core* c, DecodedInstruction* i, ulong index, ulong most, out byte* host, out ulong elements)
    {
        host = null;
        elements = 0;
        if (!TAddress.Source(c, i, index, (uint)sizeof(T), out ulong linear))
            return Forget(c);
        elements = StringElements.Run<T, TAddress>(c, index, linear, most);
        if (elements == 0)
            return false;
        host = StringElements.ReadableHost(c, linear);
        return host != null && (TAddress.Source(c, i, Lowest(c, index, elements), (uint)(elements * (uint)sizeof(T)), out _) || Forget(c));
    }

    /// <summary>The destination's run from offset <paramref name="index"/>; false where the first element needs the slow path.</summary>
    public static bool Destination(Core* c, ulong index, ulong most, out byte* host, out ulong elements)
    {
        host = null;
        elements = 0;
        if (!TAddress.Destination(c, index, (uint)sizeof(T), write: true, out ulong linear))
            return Forget(c);
        elements = StringElements.Run<T, TAddress>(c, index, linear, most);
        if (elements == 0)
            return false;
        host = StringElements.WritableHost(c, linear);
        return host != null && (TAddress.Destination(c, Lowest(c, index, elements), (uint)(elements * (uint)sizeof(T)), write: true, out _) || Forget(c));
    }

    private static ulong Lowest(Core* c, ulong index, ulong elements) =>
        StringElements.Down(c) ? index - ((elements - 1) * (uint)sizeof(T)) : index;

    /// <summary>The element-wise path will find the same fault again, at the right element.</summary>
    private static bool Forget(Core* c)
    {
        c->Pending = default;
        return false;
    }
}
