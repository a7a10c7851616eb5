using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>The key that signs recordings: a file outside the database, made at the first recording.</summary>
internal static class SigningKey
{
    private const string FileName = "signing-key.pem";

    /// <summary>Where the key is unless an option says otherwise.</summary>
    public static string DefaultPath(Invocation invocation)
    {
        string configuration = invocation.Doors.Variable("XDG_CONFIG_HOME")
            ?? Path.Combine(invocation.Doors.Variable("HOME") ?? "/", ".config");
        return Path.Combine(configuration, "replayvmm", FileName);
    }

    /// <summary>
    /// Loads the key in <paramref name="path"/>, or the default one, which is made where it is not there; its public half is put beside it.
    /// </summary>
    /// <returns>Null where the default key cannot be made: the recording then goes unsigned, and a warning says so.</returns>
    /// <exception cref="LogException">The file cannot be used.</exception>
    public static HeadSigner? Load(Invocation invocation, string? path)
    {
        if (path is not null)
            return HeadSigner.Load(path);
        string file = DefaultPath(invocation);
        if (File.Exists(file))
            return HeadSigner.Load(file);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            HeadSigner.CreateKey(file);
            HeadSigner made = HeadSigner.Load(file);
            File.WriteAllText(Path.ChangeExtension(file, ".pub"), made.PublicKeyPem() + "\n");
            invocation.Remark($"made a signing key: {file}; its public half, for verify --key: {Path.ChangeExtension(file, ".pub")}");
            return made;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LogException)
        {
            invocation.Warn($"no signing key can be made in {file} ({e.Message}); the recording goes unsigned");
            return null;
        }
    }
}
