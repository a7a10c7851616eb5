using ReplayVmm.Devices;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>A guest that does nothing but store nonsense into one device's registers: a million accesses each.</summary>
public sealed class RegisterStorms(ITestOutputHelper output)
{
    private const int Accesses = 1_000_000, TimePassesEvery = 64;

    /// <summary>Name, first address and length of the registers, and the part of it where most of them are.</summary>
    public static TheoryData<string, ulong, int, int> Devices => new()
    {
        { "local APIC", LocalApic.DefaultBase, 0x1000, 0x400 },
        { "IO-APIC", IoApic.Address, 0x1000, 0x44 },
    };

    [Theory]
    [MemberData(nameof(Devices))]
    public void A_million_random_accesses_to_a_devices_registers_break_nothing(string name, ulong address, int length, int dense)
    {
        var rig = new DeviceRig(0);
        var dice = new Dice();
        ulong seed = FuzzDoor.Seed;
        dice.Seed(seed, 3, address);
        long start = FuzzDoor.Timestamp(), allocated = GC.GetAllocatedBytesForCurrentThread();
        int done = 0;
        try
        {
            for (; done < Accesses; done++)
            {
                if (done % TimePassesEvery == 0)
                    rig.Act(dice);
                ulong offset = (ulong)dice.Below(dice.OnceIn(16) ? length : dense);
                rig.Access(dice, address + (dice.OnceIn(8) ? offset : offset & ~0xFul));
            }
        }
        catch (Exception e)
        {
            throw new FuzzException($"{name}, seed {seed}, access {done}: {e.GetType().Name}: {e.Message}", e);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        allocated.ShouldBeLessThan(4096, "registers allocate nothing");
        rig.Seen.ShouldNotBe(0ul, "something could be read");
        output.WriteLine($"{name}: seed {seed}, {done} accesses in {FuzzDoor.SecondsSince(start):0.00} s");
    }
}
