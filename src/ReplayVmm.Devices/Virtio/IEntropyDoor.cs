namespace ReplayVmm.Devices;

/// <summary>Where a device gets random words: the machine's one door for entropy.</summary>
public interface IEntropyDoor
{
    /// <summary>Draws a word of which the device uses <paramref name="size"/> bytes, 1 to 8, the low ones; it is an input event.</summary>
    ulong Draw(int size);
}
