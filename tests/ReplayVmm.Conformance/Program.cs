using ReplayVmm.Conformance;

IMachine[] machines = [new ReplayVmmMachine(), new QemuMachine(), new BochsMachine()];
foreach (Family family in Catalog.All.Where(f => args.Length == 0 || args.Contains(f.Name)))
{
    byte[] disk = GuestImage.Build(family);
    File.WriteAllBytes($"/tmp/{family.Name}.img", disk);
    foreach (IMachine machine in machines)
    {
        Outcome outcome = machine.Run(disk);
        Console.WriteLine($"{family.Name} {machine.Name} {outcome.Ending} {outcome.Note[..Math.Min(outcome.Note.Length, 0)]}");
        foreach ((string name, string line) in outcome.Lines)
            Console.WriteLine($"   {name}: {line}");
    }
}
