using System.Collections;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>
/// The rows of a recording file as a list that is read from the file as it is walked along: so a whole session is appended in one
/// transaction with the memory of one row. Made for walking forward, as often as one likes.
/// </summary>
internal sealed class StreamedRows : IReadOnlyList<LogRow>, IDisposable
{
    private readonly RecordingFileLog file;
    private readonly LogRow last;
    private IEnumerator<LogRow>? walk;
    private int walked = -1;

    /// <summary>The rows of <paramref name="file"/>, which holds at least one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="last">Its last row.</param>
    public StreamedRows(RecordingFileLog file, LogRow last)
    {
        this.file = file;
        this.last = last;
    }

    /// <summary>Called with the number of each row that is read from the file.</summary>
    public Action<int>? OnRow { get; init; }

    /// <inheritdoc/>
    public int Count => checked((int)file.Session.Version);

    /// <inheritdoc/>
    public LogRow this[int index]
    {
        get
        {
            if (index == Count - 1)
                return last;
            if (index < walked || walk is null)
            {
                walk?.Dispose();
                walk = file.Read(file.Session.Id).GetEnumerator();
                walked = -1;
            }

            while (walked < index)
            {
                if (!walk.MoveNext())
                    throw new LogException(LogTrouble.BadRecording, $"the file became shorter while it was read: row {walked + 2} is gone");
                walked++;
                OnRow?.Invoke(walked);
            }

            return walk.Current;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<LogRow> GetEnumerator() => file.Read(file.Session.Id).GetEnumerator();

    /// <inheritdoc/>
    public void Dispose() => walk?.Dispose();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
