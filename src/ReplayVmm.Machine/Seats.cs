using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>Processors that can sit in a machine.</summary>
internal static class Seats
{
    /// <summary>Interpreters with the manifest's CPU model.</summary>
    /// <exception cref="BootException">There is no such model.</exception>
    public static ProcessorSeat Interpreter(MachineManifest manifest)
    {
        CpuModel model = CpuModel.Find(manifest.CpuModel)
            ?? throw new BootException($"CPU model '{manifest.CpuModel}': there are {string.Join(", ", CpuModel.All.Select(m => m.Name))}");
        var memory = new PhysicalMemory();
        if (manifest.Vcpus > 1 && !model.Has(CpuFeature.Apic))
            throw new BootException($"CPU model '{model.Name}' has no local APIC: it can be the only processor of its machine");
        model = model.WithProcessors(manifest.Vcpus);
        var processors = new IVirtualProcessor[manifest.Vcpus];
        for (int i = 0; i < processors.Length; i++)
            processors[i] = new Interpreter(memory, model);
        return new ProcessorSeat(model, memory, processors[0]) { Others = processors[1..] };
    }

    /// <summary>What exits: everything that the log records, and nothing that would drown it.</summary>
    public static void SetControls(ExecutionControls controls)
    {
        const int ReadHigh = 0x400, WriteHigh = 0xC00;
        byte[] bitmap = new byte[4096];
        bitmap.AsSpan().Fill(0xFF);
        foreach (uint index in (ReadOnlySpan<uint>)[Hypervisor.MonitorMsr.FsBase, Hypervisor.MonitorMsr.GsBase, Hypervisor.MonitorMsr.KernelGsBase])
        {
            int bit = (int)(index & 0x1FFF);
            bitmap[ReadHigh + (bit >> 3)] &= (byte)~(1 << (bit & 7));
            bitmap[WriteHigh + (bit >> 3)] &= (byte)~(1 << (bit & 7));
        }
        controls.MsrBitmap = bitmap;
    }
}
