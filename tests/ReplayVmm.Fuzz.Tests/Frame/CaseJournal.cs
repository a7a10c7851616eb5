using System.IO.MemoryMappedFiles;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// The number of the running case in a mapped file, so that a case that takes the whole process down is named by the next run.
/// </summary>
// SAFETY: two aligned words in a mapping that this object owns.
internal sealed unsafe class CaseJournal : IDisposable
{
    private const int Size = 4096;
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly ulong* words;

    public CaseJournal(string fuzzer)
    {
        string path = Path.Combine(AppContext.BaseDirectory, $"fuzz-{fuzzer}.case");
        file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Size);
        view = file.CreateViewAccessor(0, Size);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        words = (ulong*)start;
        if (words[0] != 0)
            Unfinished = $"a run before this one died: FUZZ_SEED={words[1]} FUZZ_CASE={fuzzer}:{words[0] - 1}";
    }

    /// <summary>Which case the last run died in; null where it did not.</summary>
    public string? Unfinished { get; }

    /// <summary>A case begins.</summary>
    public void Begin(ulong seed, long number) => (words[1], words[0]) = (seed, (ulong)number + 1);

    /// <summary>All is well.</summary>
    public void Finish() => words[0] = 0;

    public void Dispose()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
    }
}
