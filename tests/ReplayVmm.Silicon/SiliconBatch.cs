using System.Runtime.InteropServices;

namespace ReplayVmm.Silicon;

/// <summary>The head of the shared file: several instructions, each to be executed with several operand sets, one round trip between parent and child.</summary>
[StructLayout(LayoutKind.Sequential, Size = Layout.JobsAt)]
internal struct SiliconBatch
{
    /// <summary>Jobs in the batch.</summary>
    public int JobCount;
    /// <summary>Cases in the batch.</summary>
    public int CaseCount;
    /// <summary>Cases before this one are done already: where a new child goes on after the last one's death.</summary>
    public int First;
    /// <summary>Cases done; tells the parent where the child died.</summary>
    public int Done;
    /// <summary>For the test of respawning: the child sends itself <see cref="DeathSignal"/> before this case; -1 for none. Taken back before it dies.</summary>
    public int DieBefore;
    /// <summary>See <see cref="DieBefore"/>.</summary>
    public int DeathSignal;
    /// <summary>The child sets it to 1 where the system lets no process have 16-bit segments (modify_ldt is missing).</summary>
    public int LocalDescriptorsMissing;
    /// <summary>The child sets it to 1 where programs may execute RDFSBASE and its like.</summary>
    public int BasesAccessible;
    /// <summary>The child sets it to 1 where vector registers have 256 bits.</summary>
    public int HasAvx;
}
