using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>The child that executes natively. When it dies a new one goes on with the case that the last one died at.</summary>
internal sealed unsafe class SiliconProcess : IDisposable
{
    private const int PatienceMilliseconds = 20_000;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"silicon-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _shared;
    private Process? _child;

    public SiliconProcess()
    {
        using (FileStream stream = File.Create(_path))
            stream.SetLength(Layout.FileSize);
        _file = MemoryMappedFile.CreateFromFile(_path, FileMode.Open, null, Layout.FileSize);
        _view = _file.CreateViewAccessor(0, Layout.FileSize);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _shared);
        Batch->DieBefore = -1;
        _child = Start();
        HasLocalDescriptors = Batch->LocalDescriptorsMissing == 0 && Environment.GetEnvironmentVariable("SILICON_FLAT") is null;
        HasAccessibleBases = Batch->BasesAccessible != 0;
    }

    public SiliconBatch* Batch => (SiliconBatch*)_shared;
    public SiliconJob* Jobs => (SiliconJob*)(_shared + Layout.JobsAt);
    public SiliconCase* Cases => (SiliconCase*)(_shared + Layout.CasesAt);

    /// <summary>The system has modify_ldt(2), and so 16-bit segments.</summary>
    public bool HasLocalDescriptors { get; }

    /// <summary>Programs may read and write the bases of FS and GS.</summary>
    public bool HasAccessibleBases { get; }

    /// <summary>Children that died and were replaced.</summary>
    public int Deaths { get; private set; }

    /// <summary>Describes job <paramref name="number"/>, the last of its batch so far; its cases are the caller's to fill.</summary>
    public void SetJob(int number, TestInstruction test, int firstCase, int count)
    {
        SiliconJob* job = Jobs + number;
        *job = new SiliconJob
        {
            FirstCase = firstCase,
            Count = count,
            Length = test.Bytes.Length,
            Offset = test.Offset,
            CodeSelector = test.Setting.Selectors[(int)SegmentIndex.Cs],
            IsBranch = test.IsBranch ? 1 : 0,
            HasSegments = test.Setting.HasSegments ? 1 : 0,
            HasVectors = test.HasVectors ? 1 : 0,
        };
        test.Bytes.CopyTo(new Span<byte>(job->Bytes, 24));
        (Batch->JobCount, Batch->CaseCount) = (number + 1, firstCase + count);
    }

    /// <summary>
    /// Executes the batch. Returns the numbers of cases that no child survived twice (or that never came back): they have no result.
    /// </summary>
    public IReadOnlyList<int> Execute()
    {
        List<int>? fatal = null;
        SiliconBatch* batch = Batch;
        batch->First = 0;
        int lastDeath = -1;
        while (!ExecuteOnce())
        {
            Deaths++;
            // Once may be chance or somebody's kill; the second death at the same case is the case's.
            if (batch->Done == lastDeath)
            {
                (fatal ??= []).Add(batch->Done);
                batch->First = batch->Done + 1;
            }
            else
            {
                batch->First = lastDeath = batch->Done;
            }
        }
        return fatal ?? (IReadOnlyList<int>)[];
    }

    /// <summary>Kills the child where it stands; the next batch starts another.</summary>
    public void Kill() => _child?.Kill();

    public void Dispose()
    {
        Stop();
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }

    /// <summary>False: the child died at case <see cref="SiliconBatch.Done"/>.</summary>
    private bool ExecuteOnce()
    {
        Process child = _child ??= Start();
        // What does not come back in this time never will: the parent then sees the pipe close.
        using var watch = new Timer(_ => child.Kill(), null, PatienceMilliseconds, Timeout.Infinite);
        Batch->Done = Batch->First;
        try
        {
            child.StandardInput.BaseStream.WriteByte(1);
            child.StandardInput.BaseStream.Flush();
            if (child.StandardOutput.BaseStream.ReadByte() == 1)
                return true;
        }
        catch (IOException)
        {
            // The pipe broke: it is dead.
        }
        Stop();
        return false;
    }

    private Process Start()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "ReplayVmm.Silicon.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(program);
        start.ArgumentList.Add(_path);
        Process child = Process.Start(start)!;
        if (child.StandardOutput.BaseStream.ReadByte() != 1)
            throw new InvalidOperationException("the native runner did not start; its messages are above");
        return child;
    }

    private void Stop()
    {
        if (_child is null)
            return;
        if (!_child.HasExited)
            _child.Kill();
        _child.WaitForExit();
        _child.Dispose();
        _child = null;
    }
}
