using System.Buffers.Binary;
using System.Security.Cryptography;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Processor;

namespace ReplayVmm.Replay.Tests;

/// <summary>
/// A machine without a processor: its "guest" is an accumulator that a port, console input and entropy feed. Whatever it is fed shows in
/// everything that follows, as it does with a real guest.
/// </summary>
internal sealed class FakeGuest : IReplayedMachine
{
    private const int EventsInTurn = 50;

    private readonly MachineManifest manifest;
    private readonly IReadOnlyList<MemoryImage> images;
    private readonly IInputSource inputs;
    private readonly IEventSink sink;
    private readonly MachineOptions options;
    private readonly EventBuffer buffer = new();
    private ulong time;
    private ulong state = 12345;
    private ulong hidden;
    private byte[] digest = new byte[32];
    private bool running = true;

    public FakeGuest(MachineManifest manifest, IReadOnlyList<MemoryImage> images, IInputSource inputs, IEventSink sink, MachineOptions options)
    {
        this.manifest = manifest;
        this.images = images;
        this.inputs = inputs;
        this.sink = sink;
        this.options = options;
    }

    public int Turns { get; init; } = 20;

    /// <summary>The read of the port, by its number, that answers with a flipped bit; -1 for none.</summary>
    public int FlawedRead { get; init; } = -1;

    /// <summary>The turn in which a bit of memory flips that no event shows; -1 for none.</summary>
    public int FlippedBitTurn { get; init; } = -1;

    public bool DrawsEntropy { get; init; } = true;

    /// <summary>True where the guest waits for keys between turns.</summary>
    public bool Halts { get; init; }

    public IPhysicalMemory? Memory => null;

    public IVirtualProcessor? Processor(int vcpu) => null;

    public static MachineManifest Manifest(string name = "fake") => new()
    {
        MemoryBytes = 1 << 20,
        CpuModel = "fake",
        WallClockStart = 0,
        ReplayVmmVersion = "0",
        RuntimeVersion = "0",
        Boot = new BootManifest
        {
            Protocol = "flat",
            Files = [new BootFile("image", name, 4, "00")],
            Mode = 16,
            Entry = 0x1000,
            Registers = [0, 0, 0, 0, 0, 0, 0, 0],
        },
    };

    public RunResult Run(StopPoint? stop)
    {
        Boot();
        int read = 0;
        for (int turn = 0; running && turn < Turns; turn++)
        {
            for (int i = 0; running && i < EventsInTurn; i++)
            {
                time += 7;
                ulong value = ((state >> 17) & 0xFE) ^ (read++ == FlawedRead ? 1UL : 0);
                state = (state * 6364136223846793005) + value + 1442695040888963407;
                Emit(EventKind.PortRead, default, 0x3FD, 1, value, 0x1000 + (ulong)i);
                if (i % 10 == 0)
                    Emit(EventKind.PortWritten, default, 0x80, 1, state & 0xFF, 0x2000);
            }

            if (turn == FlippedBitTurn)
                hidden ^= 1 << 20;
            if (running && DrawsEntropy && turn % 4 == 1)
                state ^= Draw();
            if (turn % 3 == 2)
                Digest();
            options.OnTurn?.Invoke(new MachineProgress(buffer.NextPosition, time, time));
            if (stop is { } point && buffer.NextPosition == point.Position && time == point.VirtualTime)
                return End(point.Reason, point.Code);
            if (inputs.EndRequested(time, out EndReason requested))
                return End(requested, 0);
            TakeInput();
            if (Halts && running)
            {
                ulong woken = inputs.WaitForInput(time, time + 1000);
                time = Math.Max(time, woken);
                TakeInput();
            }
        }

        return running ? End(EndReason.GuestExit, (uint)(state & 0xFF)) : Result(EndReason.SinkStopped, 0);
    }

    public void Dispose()
    {
    }

    private void Boot()
    {
        Emit(EventKind.SessionStarted, ManifestJson.Write(manifest));
        Emit(EventKind.MemslotSet, default, 0, 0, manifest.MemoryBytes);
        foreach (MemoryImage image in images)
            Emit(EventKind.GuestMemoryWritten, image.Bytes.Span, image.Address, (ulong)image.Bytes.Length);
        Emit(EventKind.VcpuCreated, default);
        Emit(EventKind.VcpuReset, default);
    }

    private void TakeInput()
    {
        Span<byte> keys = stackalloc byte[16];
        int count = running ? inputs.TakeConsoleInput(time, keys) : 0;
        if (count == 0)
            return;
        Emit(EventKind.ConsoleInput, keys[..count]);
        foreach (byte key in keys[..count])
        {
            state = (state * 31) + key;
            Emit(EventKind.ConsoleOutput, [key]);
            options.Console?.Write(key);
        }
    }

    private ulong Draw()
    {
        ulong word = inputs.DrawEntropy(time);
        Emit(EventKind.EntropyDrawn, default, word, 8, 1, 0x3000);
        return word;
    }

    private void Digest()
    {
        UpdateDigest();
        Emit(EventKind.StateDigest, digest, time, 1);
    }

    private void UpdateDigest()
    {
        Span<byte> all = stackalloc byte[48];
        digest.CopyTo(all);
        BinaryPrimitives.WriteUInt64LittleEndian(all[32..], state);
        BinaryPrimitives.WriteUInt64LittleEndian(all[40..], hidden);
        digest = SHA256.HashData(all);
    }

    private RunResult End(EndReason reason, uint code)
    {
        UpdateDigest();
        Emit(EventKind.SessionEnded, digest, (ulong)reason, code, time);
        return Result(running ? reason : EndReason.SinkStopped, code);
    }

    private RunResult Result(EndReason reason, uint code) => new(reason, code, buffer.NextPosition, time, time);

    private void Emit(EventKind kind, ReadOnlySpan<byte> payload, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0)
    {
        if (!running)
            return;
        buffer.Clear();
        buffer.Add(new Event { VirtualTime = time, Kind = kind, A = a, B = b, C = c, D = d }, payload);
        running = sink.Append(buffer.Events, buffer.Arena);
    }

    internal sealed class Echo(Action<byte> seen) : Devices.IConsoleSink
    {
        public void Write(byte value) => seen(value);
    }
}
