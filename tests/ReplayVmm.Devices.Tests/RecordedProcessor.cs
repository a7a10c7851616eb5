namespace ReplayVmm.Devices.Tests;

/// <summary>Counts what reaches a processor without a vector.</summary>
internal sealed class RecordedProcessor : IApicProcessor
{
    public int Nmis { get; private set; }

    public int Smis { get; private set; }

    public int Inits { get; private set; }

    public int StartUps { get; private set; }

    public byte StartPage { get; private set; }

    public void RaiseNmi() => Nmis++;

    public void RaiseSmi() => Smis++;

    public void RaiseInit() => Inits++;

    public void RaiseStartUp(byte vector)
    {
        StartUps++;
        StartPage = vector;
    }
}
