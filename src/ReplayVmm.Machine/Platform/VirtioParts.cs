using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>What the virtio devices of a machine work with.</summary>
/// <param name="Memory">Guest memory.</param>
/// <param name="Console">What the console prints.</param>
/// <param name="Entropy">The door for entropy.</param>
/// <param name="Observer">Sees what the disk did.</param>
/// <param name="Disk">The disk's content; null where the machine has none.</param>
internal sealed record VirtioParts(IGuestMemory Memory, IConsoleSink Console, IEntropyDoor Entropy, IDiskObserver Observer, IDisk? Disk);
