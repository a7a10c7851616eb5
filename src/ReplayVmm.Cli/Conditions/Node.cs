using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>What a part of a condition gives.</summary>
internal enum NodeType
{
    Number,
    Truth,
    Payload,
}

/// <summary>Evaluates a part of a condition; null where the event has no such field.</summary>
internal delegate ulong? Evaluator(in Event e, ReadOnlySpan<byte> arena);

/// <summary>A part of a condition.</summary>
/// <param name="Type">What it gives.</param>
/// <param name="Column">Where it begins in the text.</param>
/// <param name="Value">Gives it; truth is 0 or 1.</param>
internal sealed record Node(NodeType Type, int Column, Evaluator Value);
