using System.Text;
using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay.Tests;

/// <summary>Records the fake guest.</summary>
internal static class Recordings
{
    public static readonly IReadOnlyList<MemoryImage> Images = [new(0x1000, new byte[] { 1, 2, 3, 4 }), new(0x8000, new byte[5000])];

    public static LiveInputSource Inputs(string typed = "hello, guest", string? untilText = null, params TypeAfter[] script)
    {
        var random = new Random(42);
        return new LiveInputSource(new LiveInputs
        {
            Entropy = random.NextBytes,
            Clock = TimeProvider.System,
            Input = new MemoryStream(Encoding.UTF8.GetBytes(typed)),
            UntilText = untilText,
            Script = script,
        });
    }

    /// <summary>Records a run, and gives what it returned.</summary>
    public static RunResult Record(
        MemoryLog log, string name, MachineFactory? factory = null, IInputSource? inputs = null, RecorderOptions? options = null)
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), name);
        using var recorder = new Recorder(writer, TimeProvider.System, options);
        inputs ??= Inputs();
        var surroundings = new MachineOptions { Console = new FakeGuest.Echo(b => (inputs as LiveInputSource)?.Write(b)) };
        using IReplayedMachine machine = (factory ?? Factory())(FakeGuest.Manifest(), Images, inputs, recorder, surroundings);
        RunResult result = machine.Run(null);
        recorder.Finish();
        recorder.Failure.ShouldBeNull();
        return result;
    }

    public static MachineFactory Factory(
        int turns = 20, int flawedRead = -1, int flippedBitTurn = -1, bool halts = false, bool drawsEntropy = true) =>
        (manifest, images, inputs, sink, options) => new FakeGuest(manifest, images, inputs, sink, options)
        {
            Turns = turns,
            FlawedRead = flawedRead,
            FlippedBitTurn = flippedBitTurn,
            Halts = halts,
            DrawsEntropy = drawsEntropy,
        };

    public static List<LoggedEvent> Events(MemoryLog log, string name)
    {
        var list = new List<LoggedEvent>();
        using var reader = new SegmentReader();
        foreach (LogRow row in log.Read(log.Find(name).Id))
        {
            reader.Read(row);
            foreach (ref readonly Event e in reader.Events)
                list.Add(new LoggedEvent(e, reader.Arena));
        }

        return list;
    }
}
