namespace ReplayVmm.Devices.Tests;

/// <summary>Remembers the last request and how many there were.</summary>
internal sealed class RecordedPlatform : IPlatform
{
    public int Count { get; private set; }

    public PlatformRequest Last { get; private set; }

    public uint Code { get; private set; }

    public void Request(PlatformRequest request, uint code)
    {
        Count++;
        Last = request;
        Code = code;
    }
}
