using System.Security.Cryptography;

namespace ReplayVmm.Events;

/// <summary>
/// Signs heads of the chain with ECDSA P-256: the signature is over the 32 bytes of the head, hashed with SHA-256, so that other
/// tools can check it. A row's number and everything before it is part of what its head says.
/// </summary>
public sealed class HeadSigner : IDisposable
{
    private const string CurveOid = "1.2.840.10045.3.1.7";
    private const int SignatureSize = 64;
    private const int LargestKey = 1024;
    private const int LargestKeyFile = 16384;

    private readonly ECDsa key;
    private readonly byte[] publicKey;

    private HeadSigner(ECDsa key)
    {
        this.key = key;
        publicKey = key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>The signer's SubjectPublicKeyInfo, DER.</summary>
    public ReadOnlySpan<byte> PublicKey => publicKey;

    /// <summary>Creates a key in a new file: PKCS #8 in PEM, readable by its owner alone.</summary>
    /// <exception cref="LogException">The file exists or cannot be written.</exception>
    public static void CreateKey(string path)
    {
        using ECDsa created = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using var writer = new StreamWriter(path, options);
            writer.WriteLine(created.ExportPkcs8PrivateKeyPem());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LogException(LogTrouble.BadRequest, $"{path}: the key cannot be created: {e.Message}", e);
        }
    }

    /// <summary>Reads the private key in <paramref name="path"/>.</summary>
    /// <exception cref="LogException">The file cannot be read or holds no P-256 private key.</exception>
    public static HeadSigner Load(string path)
    {
        string pem = ReadPem(path);
        ECDsa imported = ECDsa.Create();
        try
        {
            imported.ImportFromPem(pem);
            if (!IsP256(imported) || imported.ExportParameters(includePrivateParameters: true).D is null)
                throw new CryptographicException("not a private key on P-256");
            return new HeadSigner(imported);
        }
        catch (Exception e) when (IsBadKey(e))
        {
            imported.Dispose();
            throw new LogException(LogTrouble.BadRequest, $"{path}: not a P-256 private key in PEM", e);
        }
    }

    /// <summary>Reads a public key, or the public half of a private one, from a PEM file; DER as in <see cref="HeadSignature"/>.</summary>
    /// <exception cref="LogException">The file cannot be read or holds no P-256 key.</exception>
    public static byte[] LoadPublicKey(string path)
    {
        string pem = ReadPem(path);
        using ECDsa imported = ECDsa.Create();
        try
        {
            imported.ImportFromPem(pem);
            if (IsP256(imported))
                return imported.ExportSubjectPublicKeyInfo();
        }
        catch (Exception e) when (IsBadKey(e))
        {
            throw new LogException(LogTrouble.BadRequest, $"{path}: not a P-256 public key in PEM", e);
        }

        throw new LogException(LogTrouble.BadRequest, $"{path}: the key is not on the curve P-256");
    }

    /// <summary>The public key as PEM, to be handed to whoever verifies.</summary>
    public string PublicKeyPem() => key.ExportSubjectPublicKeyInfoPem();

    /// <summary>Signs <paramref name="head"/>, the chain's link at row <paramref name="version"/>.</summary>
    public HeadSignature Sign(long version, ReadOnlySpan<byte> head) =>
        new(version, head.ToArray(), key.SignData(head, HashAlgorithmName.SHA256), publicKey);

    /// <summary>True where <paramref name="signature"/> is what the key it names made of its head. It may hold anything.</summary>
    public static bool IsGenuine(HeadSignature signature)
    {
        if (signature.Head.Length != ChainHash.Size
            || signature.Signature.Length != SignatureSize
            || signature.PublicKey.Length > LargestKey)
        {
            return false;
        }

        using ECDsa imported = ECDsa.Create();
        try
        {
            imported.ImportSubjectPublicKeyInfo(signature.PublicKey, out int read);
            return read == signature.PublicKey.Length
                && IsP256(imported)
                // A key can be written in several ways, a point's hybrid form for one; only the way in which it was written is the one that was signed with.
                && imported.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(signature.PublicKey)
                && imported.VerifyData(signature.Head, signature.Signature, HashAlgorithmName.SHA256);
        }
        catch (Exception e) when (IsBadKey(e))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    /// <summary>What the platform throws at a key that is none, or one on a curve that it has not heard of.</summary>
    private static bool IsBadKey(Exception e) => e is CryptographicException or ArgumentException or PlatformNotSupportedException;

    private static bool IsP256(ECDsa ecdsa) => ecdsa.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == CurveOid;

    private static string ReadPem(string path)
    {
        try
        {
            if (new FileInfo(path).Length > LargestKeyFile)
                throw new LogException(LogTrouble.BadRequest, $"{path}: too large for a key file");
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LogException(LogTrouble.BadRequest, $"{path}: the key cannot be read: {e.Message}", e);
        }
    }
}
