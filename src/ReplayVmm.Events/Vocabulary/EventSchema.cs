namespace ReplayVmm.Events;

/// <summary>How an operand is shown to people.</summary>
public enum OperandFormat : byte
{
    /// <summary>Decimal.</summary>
    Number,
    /// <summary>Hexadecimal, as short as it is.</summary>
    Hex,
    /// <summary>Hexadecimal, 16 digits: an address or a register.</summary>
    Address,
}

/// <summary>What a payload is.</summary>
public enum PayloadFormat : byte
{
    /// <summary>The kind has no payload.</summary>
    None,
    /// <summary>Raw bytes.</summary>
    Bytes,
    /// <summary>What a terminal carries: bytes, mostly text.</summary>
    Text,
    /// <summary>A UTF-8 JSON document.</summary>
    Json,
}

/// <summary>One operand of a kind.</summary>
/// <param name="Name">Camel case, as conditions and JSON name it.</param>
/// <param name="Format">How it is shown.</param>
public readonly record struct OperandSchema(string Name, OperandFormat Format);

/// <summary>One row of the table of kinds.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Class">Who sees it.</param>
/// <param name="Name">Snake case, as the command line and SQL name it.</param>
/// <param name="Operands">Operands A, B, … in order; a payload adds none.</param>
/// <param name="Payload">What the payload is.</param>
/// <param name="OwnRow">True for low-rate session events that are rows of their own in the stream, not members of a segment.</param>
public sealed record EventKindSchema(
    EventKind Kind, EventClass Class, string Name, OperandSchema[] Operands, PayloadFormat Payload, bool OwnRow);

/// <summary>
/// The table of event kinds: the one place that says what each carries. The codec, the views, JSON and the divergence report are
/// driven by it. A kind only ever gains trailing operands; golden files pin this.
/// </summary>
public static class EventSchema
{
    private static readonly EventKindSchema?[] ByNumber = new EventKindSchema?[256];
    private static readonly bool[] Counted = new bool[256];
    private static readonly bool[] Own = new bool[256];

    static EventSchema()
    {
        // kind, class, operands (:x hexadecimal, :a address or register), payload, whether it is a row of its own
        Row(EventKind.SessionStarted, EventClass.Input, "", PayloadFormat.Json, ownRow: true);
        Row(EventKind.SessionEnded, EventClass.Guest, "reason code instructions", PayloadFormat.Bytes, ownRow: true);
        Row(EventKind.StateDigest, EventClass.Guest, "instructions pages", PayloadFormat.Bytes);
        Row(EventKind.CheckpointTaken, EventClass.Annotation, "number", PayloadFormat.Bytes, ownRow: true);
        Row(EventKind.OperatorAction, EventClass.Input, "action argument1:x argument2:x", PayloadFormat.Json, ownRow: true);

        Row(EventKind.VmExited, EventClass.Guest, "reason qualification:x rip:a length answer:x");
        Row(EventKind.ExceptionInjected, EventClass.Guest, "vector error:x address:a rip:a");
        Row(EventKind.InterruptInjected, EventClass.Guest, "vector:x type rip:a");
        Row(EventKind.VcpuCreated, EventClass.Operator, "apicId");
        Row(EventKind.VcpuReset, EventClass.Guest, "cause");
        Row(EventKind.TripleFault, EventClass.Guest, "rip:a");
        Row(EventKind.InternalError, EventClass.Guest, "suberror rip:a detail:x");

        Row(EventKind.ControlRegisterWritten, EventClass.Guest, "register old:a new:a outcome rip:a");
        Row(EventKind.DebugRegisterWritten, EventClass.Guest, "register old:a new:a outcome rip:a");
        Row(EventKind.MsrRead, EventClass.Guest, "index:x value:a outcome rip:a");
        Row(EventKind.MsrWritten, EventClass.Guest, "index:x old:a new:a outcome rip:a");
        Row(EventKind.CpuidRead, EventClass.Guest, "leaf:x subleaf:x eaxEbx:a ecxEdx:a rip:a");
        Row(EventKind.XcrWritten, EventClass.Guest, "index old:a new:a outcome rip:a");

        Row(EventKind.MemslotSet, EventClass.Operator, "slot address:a size:x flags:x");
        Row(EventKind.MemslotFlagsUpdated, EventClass.Operator, "slot old:x new:x");
        Row(EventKind.MemslotDeleted, EventClass.Operator, "slot");
        Row(EventKind.GuestMemoryWritten, EventClass.Input, "address:a length:x", PayloadFormat.Bytes);
        Row(EventKind.MmioRead, EventClass.Guest, "address:a size value:x rip:a");
        Row(EventKind.MmioWritten, EventClass.Guest, "address:a size value:x rip:a");

        Row(EventKind.PortRead, EventClass.Guest, "port:x size value:x rip:a");
        Row(EventKind.PortWritten, EventClass.Guest, "port:x size value:x rip:a");
        Row(EventKind.ConsoleInput, EventClass.Input, "device", PayloadFormat.Text);
        Row(EventKind.ConsoleOutput, EventClass.Guest, "device", PayloadFormat.Text);
        Row(EventKind.EntropyDrawn, EventClass.Input, "value:a size valid rip:a");
        Row(EventKind.BlockRead, EventClass.Guest, "disk sector:x length:x status");
        Row(EventKind.BlockWritten, EventClass.Guest, "disk sector:x length:x status");
    }

    /// <summary>All kinds, in order of their numbers.</summary>
    public static IEnumerable<EventKindSchema> All => ByNumber.OfType<EventKindSchema>();

    /// <summary>The row of <paramref name="kind"/>, or null where this version does not know the number.</summary>
    public static EventKindSchema? Find(EventKind kind) => (uint)kind < (uint)ByNumber.Length ? ByNumber[(int)kind] : null;

    /// <summary>The row of <paramref name="kind"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">This version does not know the kind.</exception>
    public static EventKindSchema Of(EventKind kind) =>
        Find(kind) ?? throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown event kind");

    /// <summary>True where events of this kind count positions: input, guest and operator events do.</summary>
    public static bool CountsPosition(EventKind kind) => (uint)kind < (uint)Counted.Length && Counted[(int)kind];

    /// <summary>True where an event of this kind is a row of its own in the stream.</summary>
    public static bool IsOwnRow(EventKind kind) => (uint)kind < (uint)Own.Length && Own[(int)kind];

    /// <summary>The row whose snake-case name is <paramref name="name"/>, or null where there is none.</summary>
    public static EventKindSchema? Find(string name) =>
        All.FirstOrDefault(schema => schema.Name.Equals(name, StringComparison.Ordinal));

    private static void Row(
        EventKind kind, EventClass visibility, string operands, PayloadFormat payload = PayloadFormat.None, bool ownRow = false)
    {
        OperandSchema[] parsed = [.. operands.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Operand)];
        ByNumber[(int)kind] = new EventKindSchema(kind, visibility, SnakeCase(kind.ToString()), parsed, payload, ownRow);
        Own[(int)kind] = ownRow;
        Counted[(int)kind] = visibility is EventClass.Input or EventClass.Guest or EventClass.Operator;
    }

    private static OperandSchema Operand(string text) => text.Split(':') switch
    {
        [var name, "x"] => new OperandSchema(name, OperandFormat.Hex),
        [var name, "a"] => new OperandSchema(name, OperandFormat.Address),
        [var name] => new OperandSchema(name, OperandFormat.Number),
        _ => throw new FormatException(text),
    };

    /// <summary>Snake case as Marten writes type names: <c>VmExited</c> becomes <c>vm_exited</c>.</summary>
    public static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
