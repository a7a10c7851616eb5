namespace ReplayVmm.Events;

/// <summary>The signatures of a session beside its chain, as a verification walks along it.</summary>
internal sealed class SignatureCheck
{
    private readonly HeadSignature[] ordered;
    private readonly byte[]? pinnedKey;
    private int next;

    public SignatureCheck(IReadOnlyList<HeadSignature> signatures, byte[]? pinnedKey)
    {
        ordered = [.. signatures.OrderBy(signature => signature.Version)];
        this.pinnedKey = pinnedKey;
    }

    /// <summary>The last row that a good signature covers; 0 where none does.</summary>
    public long SignedThrough { get; private set; }

    /// <summary>Checks the signatures over the head at <paramref name="row"/>.</summary>
    public VerificationFault? AtRow(long row, ReadOnlySpan<byte> link)
    {
        while (next < ordered.Length && ordered[next].Version <= row)
        {
            HeadSignature signature = ordered[next++];
            if (signature.Version < row)
                return new VerificationFault(row, RowFault.Unsigned, $"a signature names row {signature.Version}, which no log has");
            if (!HeadSigner.IsGenuine(signature))
                return new VerificationFault(row, RowFault.Unsigned, $"the signature at row {row} is false");
            if (!signature.Head.AsSpan().SequenceEqual(link))
                return new VerificationFault(row, RowFault.Changed, $"the head at row {row} is not the one that was signed: {Written(row)} written anew");
            if (pinnedKey is null || signature.PublicKey.AsSpan().SequenceEqual(pinnedKey))
                SignedThrough = row;
        }

        return null;
    }

    /// <summary>Checks what only the end of the log can show.</summary>
    public VerificationFault? AtEnd(long rows, bool ended)
    {
        if (next < ordered.Length)
        {
            return new VerificationFault(
                rows + 1, RowFault.Truncated, $"the log ends at row {rows}, but row {ordered[^1].Version} was signed");
        }

        if (pinnedKey is null)
            return null;
        if (SignedThrough == 0)
            return new VerificationFault(1, RowFault.Unsigned, "no signature is by the key that was asked for");
        return ended && SignedThrough < rows
            ? new VerificationFault(
                SignedThrough + 1, RowFault.Unsigned, $"the key that was asked for signed row {SignedThrough}, but not the end, row {rows}")
            : null;
    }

    /// <summary>True where some signature is over the head at <paramref name="row"/>, whatever it is worth.</summary>
    public bool Covers(long row) => Array.Exists(ordered, signature => signature.Version == row);

    /// <summary>True where <paramref name="link"/> is what was signed at <paramref name="row"/>.</summary>
    public bool Knows(long row, ReadOnlySpan<byte> link)
    {
        foreach (HeadSignature signature in ordered)
        {
            if (signature.Version == row && signature.Head.AsSpan().SequenceEqual(link))
                return HeadSigner.IsGenuine(signature);
        }

        return false;
    }

    /// <summary>Hashes that were made anew hide which row was changed: any since the signature before may be the one.</summary>
    private string Written(long row) => SignedThrough + 1 == row ? $"row {row} was" : $"one of rows {SignedThrough + 1} to {row}, or all, were";
}
