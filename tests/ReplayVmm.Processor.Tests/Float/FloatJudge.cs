using System.Buffers.Binary;
using System.Text;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>Executes x87 instructions on the host's processor and on the interpreter and tells where they differ.</summary>
internal sealed unsafe class FloatJudge(ulong seed) : IDisposable
{
    private const int StatusOffset = 4, TagOffset = 8, RegistersOffset = 28, RegisterBytes = 10, ImageBytes = 108, OperandBytes = 160;

    private const int FopOffset = 6, MxcsrOffset = 24;
    private const ulong DefaultMxcsr = 0x1F80;

    private readonly FloatRunner _silicon = new();
    private readonly InterpreterSeat _interpreter = new() { Steps = FloatForm.Steps };
    private readonly List<string> _differences = [];

    public long Executions { get; private set; }
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Judges a form with <paramref name="cases"/> sets of registers and operands.</summary>
    public void Judge(FloatForm form, int cases)
    {
        var random = new Randomness(seed ^ BitConverter.ToUInt64([.. form.Bytes, .. new byte[8]]) << 8 ^ (ulong)form.Bits);
        TestInstruction sequence = form.Sequence;
        _interpreter.Load(sequence);
        int found = 0;
        for (int done = 0; done < cases && found < 4; done += Layout.MaxCases)
            found += Judge(ref random, form, sequence, Math.Min(Layout.MaxCases, cases - done));
        _interpreter.Unload(sequence);
    }

    public void Dispose()
    {
        _silicon.Dispose();
        _interpreter.Dispose();
    }

    private int Judge(ref Randomness random, FloatForm form, TestInstruction sequence, int cases)
    {
        for (int n = 0; n < cases; n++)
        {
            Fill(ref random, _silicon.Cases + n);
            if (form.IsFastSave)
                *(ulong*)(_silicon.Cases[n].MemoryBefore + FloatForm.Operand + MxcsrOffset) = DefaultMxcsr;
        }
        if (!_silicon.Execute(sequence, cases))
        {
            _differences.Add($"{form}: the native runner does not survive it");
            return 4;
        }
        int found = 0;
        SiliconCase result;
        for (int n = 0; n < cases && found < 4; n++)
        {
            Executions++;
            _interpreter.Run(ref random, sequence, _silicon.Cases + n, &result);
            // The system may have taken the processor away in between, and Linux does not keep the unit's pointers: only what differs again is a difference.
            if (Compare(form, _silicon.Cases + n, &result) is null || !_silicon.Execute(sequence, cases) || Compare(form, _silicon.Cases + n, &result) is not { } difference)
                continue;
            _differences.Add(difference);
            found++;
        }
        return found;
    }

    private static void Fill(ref Randomness random, SiliconCase* one)
    {
        for (int r = 0; r < 16; r++)
            one->Before.Gpr[r] = 0;
        (one->Before.Gpr[0], one->Before.Gpr[3], one->Before.Gpr[1]) =
            (Layout.Window + FloatForm.Before, Layout.Window + FloatForm.After, Layout.Window + FloatForm.Operand);
        one->Before.Gpr[4] = Layout.Window + Layout.WindowSize - 64;
        one->Before.Rflags = (random.Next() & Rflags.Arithmetic) | Rflags.Fixed1 | Rflags.If;
        var window = new Span<byte>(one->MemoryBefore, Layout.WindowSize);
        window.Fill(0xA5);
        FillImage(ref random, window[FloatForm.Before..]);
        if (random.OnceIn(2))
            FillImage(ref random, window[FloatForm.Operand..]);
        else
            FloatOperands.Memory(ref random, window[FloatForm.Operand..]);
    }

    /// <summary>All of the unit's state in the 32-bit format of protected mode.</summary>
    private static void FillImage(ref Randomness random, Span<byte> image)
    {
        static void Word(Span<byte> at, ulong value) => BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)value);
        // Mostly every exception is masked; else any may not be. Precision and rounding: anything.
        ulong control = (random.Next() & 0xFFC0) | (random.Below(3) != 0 ? 0x3Fu : random.Next() & 0x3F);
        // Old exceptions are mostly masked ones, so that few cases end in #MF.
        ulong status = random.Next() & 0xFFFF;
        if (!random.OnceIn(8))
            status &= ~(0x3F & ~control);
        ulong tags = random.OnceIn(3) ? random.Next() : random.OnceIn(2) ? 0 : random.Next() & random.Next() & random.Next() & 0xFFFF;
        foreach ((int at, ulong word) in ((int, ulong)[])[(0, control), (2, random.Next()), (4, status), (6, random.Next()), (8, tags), (10, random.Next())])
            Word(image[at..], word);
        for (int at = 12; at < RegistersOffset; at += 2)
            Word(image[at..], random.Next());
        Float80 last = default;
        for (int n = 0; n < 8; n++)
        {
            last = n > 0 && random.OnceIn(4) ? FloatOperands.Near(ref random, last) : FloatOperands.Extended(ref random);
            Span<byte> register = image[(RegistersOffset + (n * RegisterBytes))..];
            BinaryPrimitives.WriteUInt64LittleEndian(register, last.Significand);
            Word(register[8..], last.SignExponent);
        }
    }

    private static string? Compare(FloatForm form, SiliconCase* native, SiliconCase* ours)
    {
        var text = new StringBuilder();
        bool theirFault = native->Signal != 0, ourFault = ours->Signal != 0;
        if (theirFault != ourFault || (theirFault && (native->Vector != ours->Vector || native->Rip != ours->Rip)))
        {
            text.Append($" silicon {Outcome(native)}, here {Outcome(ours)};");
        }
        else
        {
            if (native->After.Gpr[0] != ours->After.Gpr[0])
                text.Append($" RAX silicon {native->After.Gpr[0]:x}, here {ours->After.Gpr[0]:x};");
            if (((native->After.Rflags ^ ours->After.Rflags) & Rflags.Arithmetic) != 0)
                text.Append($" flags silicon {native->After.Rflags:x}, here {ours->After.Rflags:x};");
            Float80 argument = Register(Image(native->MemoryBefore, FloatForm.Before), 0);
            if (FloatTolerance.Applies(form) && FloatTolerance.IsOutsideDomain(form, argument))
                return null;
            CompareImages(text, form, argument, Image(native->MemoryAfter, FloatForm.After), Image(ours->MemoryAfter, FloatForm.After));
            if (form.IsFastSave)
                OverlookVendor(new Span<byte>(native->MemoryAfter + FloatForm.Operand, OperandBytes), new Span<byte>(ours->MemoryAfter + FloatForm.Operand, OperandBytes));
            CompareMemory(text, Image(native->MemoryAfter, FloatForm.Operand, OperandBytes), Image(ours->MemoryAfter, FloatForm.Operand, OperandBytes));
        }
        return text.Length == 0 ? null : $"{form}:{text} before: {Describe(native)}";
    }

    /// <summary>
    /// In the image of FXSAVE: MXCSR is not the x87 unit's, and where no exception waits AMD's processors store zeros instead of the pointers (APM volume 5, FXSAVE).
    /// </summary>
    private static void OverlookVendor(Span<byte> theirs, ReadOnlySpan<byte> ours)
    {
        ours.Slice(MxcsrOffset, sizeof(ulong)).CopyTo(theirs[MxcsrOffset..]);
        Span<byte> pointers = theirs[FopOffset..MxcsrOffset];
        if (!pointers.ContainsAnyExcept((byte)0))
            ours[FopOffset..MxcsrOffset].CopyTo(pointers);
    }

    private static ReadOnlySpan<byte> Image(byte* window, int offset, int bytes = ImageBytes) => new(window + offset, bytes);

    private static void CompareMemory(StringBuilder text, ReadOnlySpan<byte> theirs, ReadOnlySpan<byte> ours)
    {
        int same = theirs.CommonPrefixLength(ours);
        if (same < theirs.Length)
            text.Append($" memory silicon {System.Convert.ToHexString(theirs[same..])}, here {System.Convert.ToHexString(ours[same..])} from {same};");
    }

    private static void CompareImages(StringBuilder text, FloatForm form, Float80 argument, ReadOnlySpan<byte> theirs, ReadOnlySpan<byte> ours)
    {
        bool tolerant = FloatTolerance.Applies(form);
        string[] names = ["control", "status", "tags", "FIP", "FCS+FOP", "FDP", "FDS"];
        for (int n = 0; n < names.Length; n++)
        {
            uint left = BinaryPrimitives.ReadUInt32LittleEndian(theirs[(4 * n)..]), right = BinaryPrimitives.ReadUInt32LittleEndian(ours[(4 * n)..]);
            uint undefined = tolerant && n == 1 ? FloatTolerance.UndefinedStatus : 0;
            if (((left ^ right) & ~undefined) != 0)
                text.Append($" {names[n]} silicon {left:x}, here {right:x};");
        }
        for (int n = 0; n < 8; n++)
        {
            Float80 left = Register(theirs, n), right = Register(ours, n);
            if (left != right && !(tolerant && n < 2 && FloatTolerance.Agree(form, argument, left, right)))
                text.Append($" ST{n} silicon {Text(left)}, here {Text(right)};");
        }
    }

    private static Float80 Register(ReadOnlySpan<byte> image, int n)
    {
        ReadOnlySpan<byte> at = image[(RegistersOffset + (n * RegisterBytes))..];
        return new Float80(BinaryPrimitives.ReadUInt16LittleEndian(at[8..]), BinaryPrimitives.ReadUInt64LittleEndian(at));
    }

    private static string Text(Float80 value) => $"{value.SignExponent:x4}:{value.Significand:x16}";

    private static string Outcome(SiliconCase* one) => one->Signal == 0 ? "completes" : $"exception {one->Vector} at {one->Rip:x}";

    private static string Describe(SiliconCase* one)
    {
        ReadOnlySpan<byte> image = Image(one->MemoryBefore, FloatForm.Before), operand = Image(one->MemoryBefore, FloatForm.Operand);
        static ushort Word(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16LittleEndian(at);
        var text = new StringBuilder($"control {Word(image):x4} status {Word(image[StatusOffset..]):x4} tags {Word(image[TagOffset..]):x4}");
        for (int n = 0; n < 8; n++)
            text.Append($" {Text(Register(image, n))}");
        return text.Append($" memory {System.Convert.ToHexString(operand[..16])} flags {one->Before.Rflags:x}").ToString();
    }
}
