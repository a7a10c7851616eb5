using System.Text;

namespace ReplayVmm.Devices.Tests;

/// <summary>Keeps what the guest printed; a full buffer starts over, so that printing never allocates.</summary>
internal sealed class RecordedSink : IConsoleSink
{
    private readonly byte[] bytes = new byte[4096];

    public int Count { get; private set; }

    public string Text => Encoding.Latin1.GetString(bytes, 0, Count);

    public void Write(byte value)
    {
        if (Count == bytes.Length)
            Count = 0;
        bytes[Count++] = value;
    }
}
