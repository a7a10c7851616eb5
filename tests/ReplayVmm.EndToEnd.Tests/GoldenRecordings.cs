using ReplayVmm.Store;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>
/// The recordings in <c>replays/</c>: what they are made of, and how. <c>eng/record-golden</c> makes them anew, which is needed when what a
/// guest sees or what a digest covers is changed on purpose.
/// </summary>
internal static class GoldenRecordings
{
    private static readonly (TinyGuest Guest, string[] More)[] Tiny =
    [
        (TinyGuests.Ten, []),
        (TinyGuests.Ticks, []),
        (TinyGuests.Echo, ["--type-after", "ready> =hello, recorder q"]),
        (TinyGuests.Entropy, []),
        (TinyGuests.DeviceMemory, []),
        (TinyGuests.Faults, []),
        (TinyGuests.Endless, ["--until-time", "30ms"]),
    ];

    /// <summary>The tiny guest called <paramref name="name"/>.</summary>
    public static TinyGuest Guest(string name) => Tiny.Select(entry => entry.Guest).Single(guest => guest.Name == name);

    /// <summary>Makes them anew in <paramref name="folder"/>; an exit code.</summary>
    public static int Make(string folder)
    {
        using TemporaryServer server = TemporaryServer.Start();
        using var bench = new Workbench(server.NewDatabase());
        foreach ((TinyGuest guest, string[] more) in Tiny)
        {
            bench.Record(guest, guest.Name, more).Good();
            Export(bench, guest.Name, folder);
        }

        foreach (string name in (string[])["sieve-1", "port_exits-1"])
        {
            string file = Path.Combine(Repository.Root, "artifacts", "guests", name + ".elf");
            bench.Run("record", "--multiboot", file, "--memory", "4M", "--wall-clock", "0", "--name", name).Good();
            Export(bench, name, folder);
        }

        return 0;
    }

    private static void Export(Workbench bench, string name, string folder)
    {
        string file = Path.Combine(folder, name + ".rvmm");
        File.Delete(file);
        Console.Out.Write(bench.Run("export", name, file).Good().Output);
    }
}
