using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>The child that executes natively; started anew when it dies.</summary>
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
    }

    public SiliconJob* Job => (SiliconJob*)_shared;
    public SiliconCase* Cases => (SiliconCase*)(_shared + 4096);

    /// <summary>Executes the job. False: the child died at case <see cref="SiliconJob.Done"/>.</summary>
    public bool Execute()
    {
        Process child = _child ??= Start();
        // What does not come back in this time never will: the parent then sees the pipe close.
        using var watch = new Timer(_ => child.Kill(), null, PatienceMilliseconds, Timeout.Infinite);
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

    public void Dispose()
    {
        Stop();
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
        File.Delete(_path);
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
