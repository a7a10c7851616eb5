namespace ReplayVmm.Machine;

/// <summary>A file to boot: nothing in it is trusted.</summary>
/// <param name="Name">File name without directories, for messages and the manifest.</param>
/// <param name="Bytes">Its content.</param>
public readonly record struct BootImage(string Name, ReadOnlyMemory<byte> Bytes);
