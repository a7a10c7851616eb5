using ReplayVmm.Conformance;

const string Usage = """
    usage: eng/conformance [--verbose] [--golden] [FAMILY...]

    Runs each family's guest on this repository's machine, on QEMU and on Bochs, where they are installed, and prints a table of how many cases
    they answer alike. Lines that differ without a row in docs/conformance.md are printed in full, and the exit code is 1.

      --verbose   every line of every machine
      --golden    writes our lines to tests/ReplayVmm.Conformance.Tests/Golden, after they were judged
      --image F   writes the guest of one family to the file F: a disk that boots, and a Multiboot kernel
      --list      the families and how many cases they have

    example: eng/conformance --verbose basic-32
    """;

bool verbose = false, golden = false;
string? imagePath = null;
List<Family> chosen = [];
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--help" or "-h":
            Console.WriteLine(Usage);
            return 0;
        case "--list":
            foreach (Family family in Catalog.All)
                Console.WriteLine($"{family.Name}\t{family.Cases.Count}");
            return 0;
        case "--verbose":
            verbose = true;
            break;
        case "--golden":
            golden = true;
            break;
        case "--image" when i + 1 < args.Length:
            imagePath = args[++i];
            break;
        default:
            if (Catalog.All.FirstOrDefault(family => family.Name == args[i]) is not { } found)
            {
                Console.Error.WriteLine($"'{args[i]}' is neither an option nor a family; --list names the families, --help the options");
                return 2;
            }
            chosen.Add(found);
            break;
    }
}
if (chosen.Count == 0)
    chosen.AddRange(Catalog.All);
if (imagePath is not null)
{
    File.WriteAllBytes(imagePath, GuestImage.Build(chosen[0]));
    return 0;
}
return new Report(Console.Out, Console.Error, verbose, golden).Run(chosen) ? 0 : 1;
