namespace ReplayVmm.Conformance;

/// <summary>What the runtime keeps of the interrupt with which a case ends: absolute addresses of slots of 8 bytes.</summary>
internal static class Record
{
    /// <summary>Number of the running case.</summary>
    public const uint Case = Layout.Records;
    /// <summary>Vector of the interrupt.</summary>
    public const uint Vector = Layout.Records + 0x08;
    /// <summary>Stack pointer at the handler's entry.</summary>
    public const uint Stack = Layout.Records + 0x10;
    /// <summary>CR2.</summary>
    public const uint Cr2 = Layout.Records + 0x18;
    /// <summary>DR6.</summary>
    public const uint Dr6 = Layout.Records + 0x20;
    /// <summary>Start of the running case, for addresses relative to it.</summary>
    public const uint Start = Layout.Records + 0x28;
    /// <summary>End of the running case.</summary>
    public const uint End = Layout.Records + 0x30;
    /// <summary>The word of memory that is being printed.</summary>
    public const uint Probe = Layout.Records + 0x60;
    /// <summary>Words that the frame has.</summary>
    public const uint Depth = Layout.Records + 0x38;
    /// <summary>DS, ES, FS, GS in this order.</summary>
    public const uint Segments = Layout.Records + 0x40;
    /// <summary>General registers in the order of their numbers: 8 or 16.</summary>
    public const uint Registers = Layout.Records + 0x80;
    /// <summary>What lay on the stack at the handler's entry, lowest address first.</summary>
    public const uint Frame = Layout.Records + 0x100;
    /// <summary>Most words of a frame.</summary>
    public const int MostFrameWords = 16;
}
