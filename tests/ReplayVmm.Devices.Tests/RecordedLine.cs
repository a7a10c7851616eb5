namespace ReplayVmm.Devices.Tests;

/// <summary>A wire that remembers its level and counts rising edges.</summary>
internal sealed class RecordedLine : IInterruptLine
{
    public bool Level { get; private set; }

    public int Rises { get; private set; }

    public void Set(bool asserted)
    {
        if (asserted && !Level)
            Rises++;
        Level = asserted;
    }
}
