using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// The table of instructions: one row each, by mnemonic. It is where a reader starts; each family's rows stand in its own part of this class
/// (<c>InstructionTable.Arithmetic.cs</c>, …) and its handlers under <c>Instructions/</c>.
/// </summary>
internal static unsafe partial class InstructionTable
{
    /// <summary>One row.</summary>
    internal readonly struct Row(delegate*<ref BindContext, bool> bind, CpuFeature feature, bool endsBlock, bool lockable, CpuFeature second = CpuFeature.Base)
    {
        /// <summary>Fills operands and handler of the target; returns false where the form does not exist here (#UD).</summary>
        public readonly delegate*<ref BindContext, bool> Bind = bind;

        /// <summary>The CPU feature without which it is #UD.</summary>
        public readonly CpuFeature Feature = feature;

        /// <summary>A second feature that it needs: AVX for the VEX forms of AES-NI and the like.</summary>
        public readonly CpuFeature Second = second;

        /// <summary>
        /// True where nothing may follow it in its block: branches, and all that may return <see cref="Outcome.Jump"/> or
        /// <see cref="Outcome.Serialize"/>.
        /// </summary>
        public readonly bool EndsBlock = endsBlock;

        /// <summary>True where a LOCK prefix on a memory destination is allowed; elsewhere LOCK is #UD.</summary>
        public readonly bool Lockable = lockable;
    }

    private static readonly Row[] Rows = new Row[(int)Enum.GetValues<Mnemonic>().Max() + 1];

    static InstructionTable()
    {
        AddRows();
    }

    /// <summary>The row of <paramref name="mnemonic"/>; its binder is null where the processor does not have the instruction.</summary>
    public static ref readonly Row Find(Mnemonic mnemonic) => ref Rows[(int)mnemonic];

    /// <summary>
    /// The row of what the bytes of <paramref name="mnemonic"/> meant before it existed: TZCNT and LZCNT are BSF and BSR with a prefix that older processors pass over
    /// (SDM volume 2, TZCNT, LZCNT), and programs rely on it.
    /// </summary>
    public static ref readonly Row FindOlder(Mnemonic mnemonic) => ref Rows[(int)(mnemonic switch
    {
        Mnemonic.Tzcnt => Mnemonic.Bsf,
        Mnemonic.Lzcnt => Mnemonic.Bsr,
        _ => mnemonic,
    })];

    /// <summary>Each family adds its rows here.</summary>
    private static void AddRows()
    {
        AddArithmetic();
        AddControl();
        AddDataTransfer();
        AddStrings();
        AddBits();
        AddShifts();
        AddMiscellaneous();
        AddSystem();
        AddX87();
        AddMmx();
        AddVectors();
    }

    private static void Add(
        Mnemonic mnemonic, delegate*<ref BindContext, bool> bind, CpuFeature feature = CpuFeature.Base, bool endsBlock = false, bool lockable = false) =>
        Rows[(int)mnemonic] = new Row(bind, feature, endsBlock, lockable);
}
