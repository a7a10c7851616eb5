namespace ReplayVmm.Conformance;

/// <summary>Something that runs a guest from a disk image that is a Multiboot kernel too.</summary>
internal interface IMachine
{
    /// <summary>Short, as the table's heading.</summary>
    string Name { get; }

    /// <summary>Null where it can run; else what is missing.</summary>
    string? Missing { get; }

    /// <summary>Runs it to its end.</summary>
    Outcome Run(byte[] disk);
}
