namespace ReplayVmm.Events;

/// <summary>What is wrong with the first bad row of a log.</summary>
public enum RowFault
{
    /// <summary>Its bytes, or the copy of its header, are not those that were written.</summary>
    Changed,
    /// <summary>It is missing.</summary>
    Dropped,
    /// <summary>Another row of the session stands in its place.</summary>
    Reordered,
    /// <summary>An earlier row stands there a second time.</summary>
    Duplicated,
    /// <summary>The log ends before it, though it was written.</summary>
    Truncated,
    /// <summary>The log is consistent in itself, but a signature is missing, false or by another key.</summary>
    Unsigned,
}
