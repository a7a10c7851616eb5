namespace ReplayVmm.Replay;

/// <summary>Where a processor stands, for people.</summary>
/// <param name="Rip">Instruction pointer.</param>
/// <param name="CodeSegment">CS selector.</param>
/// <param name="Bytes">The instruction's bytes; empty where they cannot be read.</param>
/// <param name="Text">The instruction in Intel syntax, or why it cannot be shown.</param>
public sealed record InstructionView(ulong Rip, ushort CodeSegment, byte[] Bytes, string Text);
