namespace ReplayVmm.Events;

/// <summary>
/// The place where recordings are kept. Implemented by the PostgreSQL store. Synchronous on purpose: a recorder has a writer thread
/// of its own, and everything else reads.
/// </summary>
/// <remarks>Every failure that an operator can mend is a <see cref="LogException"/>: one line that says what, where and what to do.</remarks>
public interface IEventLog : IDisposable
{
    /// <summary>Creates an empty session and takes the recorder's lock on it until <see cref="ISessionWriter"/> is disposed.</summary>
    /// <exception cref="LogException">The name is taken, or the log cannot be written.</exception>
    ISessionWriter Create(Guid id, string name);

    /// <summary>Takes in a whole session in one transaction: whatever goes wrong meanwhile, nobody ever sees a part of it.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="name">Its name, unique in this log.</param>
    /// <param name="created">When it was recorded.</param>
    /// <param name="rows">Its rows from the first; read once, with the memory of a few. What it throws leaves as it is.</param>
    /// <param name="signatures">Asked for after the last row.</param>
    /// <exception cref="LogException">The name or the id is taken, a row cannot be stored, or the log cannot be written.</exception>
    void Import(Guid id, string name, DateTimeOffset created, IEnumerable<LogRow> rows, Func<IEnumerable<HeadSignature>> signatures);

    /// <summary>All sessions, newest first.</summary>
    IReadOnlyList<SessionInfo> List();

    /// <summary>The one session that <paramref name="nameOrId"/> names: a name, an id, or a unique prefix of either.</summary>
    /// <exception cref="LogException">None or several match.</exception>
    SessionInfo Find(string nameOrId);

    /// <summary>Streams rows in order from <paramref name="fromVersion"/>, with bounded memory.</summary>
    IEnumerable<LogRow> Read(Guid session, long fromVersion = 1);

    /// <summary>
    /// As <see cref="Read"/> from the first row, for a verification: nothing about how a row is kept is passed over. Rows that stand twice are
    /// given twice, and what is wrong with a row beside its bytes is in <see cref="LogRow.Damage"/>.
    /// </summary>
    IEnumerable<LogRow> ReadToVerify(Guid session) => Read(session);

    /// <summary>
    /// Checks what the log says of a session beside its rows, for instance how many there are. For a session that nobody records now.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="report">What the verification of its rows found: they are good.</param>
    /// <returns>The first thing that does not fit the rows; null where all does.</returns>
    VerificationFault? CheckIndex(Guid session, VerificationReport report) => null;

    /// <summary>The signatures over this session's heads, in order.</summary>
    IReadOnlyList<HeadSignature> Signatures(Guid session);

    /// <summary>Deletes a session and leaves an event of that in the log's own stream.</summary>
    void Prune(Guid session);
}

/// <summary>The append side of one session.</summary>
public interface ISessionWriter : IDisposable
{
    /// <summary>
    /// Appends rows whose versions follow the last one, all or nothing, durable when it returns.
    /// </summary>
    /// <exception cref="LogException">Another writer appended (expected version), or the log cannot be written.</exception>
    void Append(IReadOnlyList<LogRow> rows);

    /// <summary>Adds a signature over a head that is already appended.</summary>
    void Sign(HeadSignature signature);
}
