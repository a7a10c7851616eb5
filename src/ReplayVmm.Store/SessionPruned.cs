namespace ReplayVmm.Store;

/// <summary>The event that a deleted session leaves in the stream of the database itself.</summary>
/// <param name="Session">Identity of the session that went.</param>
/// <param name="Name">Its name, which is free again.</param>
/// <param name="Rows">Rows deleted.</param>
/// <param name="Events">Events that were in them.</param>
/// <param name="Bytes">Bytes that were in them, before PostgreSQL's own overhead.</param>
/// <param name="Created">When the session was created, UTC.</param>
/// <param name="Pruned">When it was deleted, UTC.</param>
/// <param name="User">The database user who did it.</param>
public sealed record SessionPruned(
    Guid Session, string Name, long Rows, long Events, long Bytes, DateTimeOffset Created, DateTimeOffset Pruned, string User)
{
    /// <summary>What to tell people about the space: PostgreSQL keeps it for new rows.</summary>
    public const string SpaceNotice =
        "the space is reused by new recordings; PostgreSQL does not return it to the file system (VACUUM FULL mt_events would)";
}
