using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>An input that a recording holds and that its machine has not asked for yet.</summary>
/// <param name="VirtualTime">When it took effect, nanoseconds.</param>
/// <param name="Word">The random word, for <see cref="EventKind.EntropyDrawn"/>.</param>
/// <param name="Bytes">The bytes, for <see cref="EventKind.ConsoleInput"/>; otherwise empty.</param>
internal readonly record struct LoggedInput(ulong VirtualTime, ulong Word, byte[] Bytes);
