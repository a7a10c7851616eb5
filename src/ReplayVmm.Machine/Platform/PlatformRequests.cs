using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// What devices asked of the machine during an instruction; granted when it has completed. The last request of a kind counts.
/// </summary>
internal sealed class PlatformRequests : IPlatform
{
    /// <summary>True where something waits to be granted.</summary>
    public bool Any { get; private set; }

    /// <summary>Why the machine must end, or null.</summary>
    public EndReason? End { get; private set; }

    /// <summary>The exit code that goes with <see cref="End"/>.</summary>
    public uint Code { get; private set; }

    /// <summary>Address line 20: 1 let through, 0 held low, null unchanged.</summary>
    public uint? AddressLine20 { get; private set; }

    /// <inheritdoc/>
    public void Request(PlatformRequest request, uint code)
    {
        Any = true;
        switch (request)
        {
            case PlatformRequest.AddressLine20:
                AddressLine20 = code & 1;
                break;
            case PlatformRequest.Exit:
                (End, Code) = (EndReason.GuestExit, (code << 1) | 1);
                break;
            case PlatformRequest.PowerOff:
                (End, Code) = (EndReason.PowerOff, 0);
                break;
            default:
                (End, Code) = (EndReason.Reset, 0);
                break;
        }
    }

    /// <summary>Everything has been granted.</summary>
    public void Clear() => (Any, End, Code, AddressLine20) = (false, null, 0, null);
}
