namespace ReplayVmm.Devices;

/// <summary>
/// All devices of a machine that do things by themselves. Deadlines live in the devices' own state, so there is nothing to register or
/// cancel: <see cref="Earliest"/> is the minimum of a handful of fields and may be asked after every access.
/// </summary>
public sealed class DeadlineRegistry
{
    private readonly ITimedDevice[] devices;

    /// <summary>Among equal deadlines the device that stands earlier in <paramref name="devices"/> goes first.</summary>
    public DeadlineRegistry(IEnumerable<ITimedDevice> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        this.devices = [.. devices];
    }

    /// <summary>Absolute virtual time of the next thing any device will do; <see cref="ulong.MaxValue"/> for nothing.</summary>
    public ulong Earliest
    {
        get
        {
            ulong earliest = ulong.MaxValue;
            foreach (ITimedDevice device in devices)
            {
                ulong deadline = device.Deadline;
                if (deadline < earliest)
                    earliest = deadline;
            }

            return earliest;
        }
    }

    /// <summary>Lets every device whose deadline is at or before <paramref name="now"/> act, the earliest deadline first.</summary>
    public void AdvanceDue(ulong now)
    {
        // A device moves its deadline past now when it acts, but its act may make another one due, hence rounds; a device acts at most
        // once per round and the rounds are bounded, so a corrupt state cannot hold the machine here.
        for (int round = 0; round < devices.Length; round++)
        {
            ITimedDevice? next = null;
            ulong earliest = now;
            foreach (ITimedDevice device in devices)
            {
                ulong deadline = device.Deadline;
                if (deadline < earliest || (deadline == earliest && next is null))
                {
                    earliest = deadline;
                    next = device;
                }
            }

            if (next is null)
                return;
            next.Advance();
        }
    }
}
