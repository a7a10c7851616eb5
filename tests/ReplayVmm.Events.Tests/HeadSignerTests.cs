using System.Diagnostics;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace ReplayVmm.Events.Tests;

public sealed class HeadSignerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-").FullName;

    private string KeyFile => Path.Combine(folder, "key.pem");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_signature_is_genuine_and_any_changed_byte_of_it_is_not()
    {
        HeadSigner.CreateKey(KeyFile);
        using HeadSigner signer = HeadSigner.Load(KeyFile);
        HeadSignature good = signer.Sign(3, SHA256.HashData("head"u8));

        HeadSigner.IsGenuine(good).ShouldBeTrue();
        for (int i = 0; i < 64; i++)
        {
            byte[] signature = [.. good.Signature];
            signature[i] ^= 1;
            HeadSigner.IsGenuine(good with { Signature = signature }).ShouldBeFalse();
        }

        HeadSigner.IsGenuine(good with { Head = SHA256.HashData("other"u8) }).ShouldBeFalse();
        HeadSigner.IsGenuine(good with { Head = [] }).ShouldBeFalse();
        HeadSigner.IsGenuine(good with { Signature = [] }).ShouldBeFalse();
        HeadSigner.IsGenuine(good with { PublicKey = [] }).ShouldBeFalse();
        HeadSigner.IsGenuine(good with { PublicKey = new byte[91] }).ShouldBeFalse();
        HeadSigner.IsGenuine(good with { PublicKey = [.. good.PublicKey, 0] }).ShouldBeFalse();
        HeadSigner.IsGenuine(good with { PublicKey = new byte[100_000] }).ShouldBeFalse();
    }

    [Fact]
    public void A_public_key_counts_only_in_the_form_in_which_it_was_written()
    {
        HeadSigner.CreateKey(KeyFile);
        using HeadSigner signer = HeadSigner.Load(KeyFile);
        HeadSignature good = signer.Sign(3, SHA256.HashData("head"u8));
        const int PointBytes = 65;
        int form = good.PublicKey.Length - PointBytes;
        good.PublicKey[form].ShouldBe((byte)4);
        // The hybrid form of X9.62: the same point, its parity said once more.
        byte[] hybrid = [.. good.PublicKey];
        hybrid[form] = (byte)(6 | (hybrid[^1] & 1));

        HeadSigner.IsGenuine(good with { PublicKey = hybrid }).ShouldBeFalse();
    }

    [Fact]
    public void A_key_on_another_curve_or_of_another_kind_is_refused()
    {
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using RSA rsa = RSA.Create(2048);
        byte[] head = SHA256.HashData("head"u8);
        var signature = new HeadSignature(1, head, new byte[64], other.ExportSubjectPublicKeyInfo());

        HeadSigner.IsGenuine(signature).ShouldBeFalse();
        HeadSigner.IsGenuine(signature with { PublicKey = rsa.ExportSubjectPublicKeyInfo() }).ShouldBeFalse();
        foreach (string pem in (string[])[other.ExportPkcs8PrivateKeyPem(), rsa.ExportPkcs8PrivateKeyPem(), "", "-----BEGIN"])
        {
            File.WriteAllText(KeyFile, pem);
            Should.Throw<LogException>(() => HeadSigner.Load(KeyFile)).Message.ShouldStartWith(KeyFile);
            Should.Throw<LogException>(() => HeadSigner.LoadPublicKey(KeyFile)).Message.ShouldStartWith(KeyFile);
        }
    }

    [Fact]
    public void A_key_file_is_its_owner_s_alone_and_is_never_overwritten()
    {
        HeadSigner.CreateKey(KeyFile);
        string before = File.ReadAllText(KeyFile);

        Should.Throw<LogException>(() => HeadSigner.CreateKey(KeyFile)).Trouble.ShouldBe(LogTrouble.BadRequest);
        File.ReadAllText(KeyFile).ShouldBe(before);
        before.ShouldStartWith("-----BEGIN PRIVATE KEY-----");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(KeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Should.Throw<LogException>(() => HeadSigner.Load(Path.Combine(folder, "none"))).Message.ShouldContain("cannot be read");
    }

    [Fact]
    public void A_public_key_is_read_from_its_own_file_and_from_the_private_one()
    {
        HeadSigner.CreateKey(KeyFile);
        using HeadSigner signer = HeadSigner.Load(KeyFile);
        string publicFile = Path.Combine(folder, "public.pem");
        File.WriteAllText(publicFile, signer.PublicKeyPem());

        HeadSigner.LoadPublicKey(publicFile).ShouldBe(signer.PublicKey.ToArray());
        HeadSigner.LoadPublicKey(KeyFile).ShouldBe(signer.PublicKey.ToArray());
        Should.Throw<LogException>(() => HeadSigner.Load(publicFile)).Message.ShouldContain("private key");
    }

    [Fact]
    public void OpenSSL_accepts_a_signature()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/openssl"), "openssl is not installed");
        HeadSigner.CreateKey(KeyFile);
        using HeadSigner signer = HeadSigner.Load(KeyFile);
        HeadSignature signature = signer.Sign(1, SHA256.HashData("head"u8));
        File.WriteAllText(Path.Combine(folder, "public.pem"), signer.PublicKeyPem());
        File.WriteAllBytes(Path.Combine(folder, "head"), signature.Head);
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            der.WriteInteger(new BigInteger(signature.Signature.AsSpan(0, 32), isUnsigned: true, isBigEndian: true));
            der.WriteInteger(new BigInteger(signature.Signature.AsSpan(32), isUnsigned: true, isBigEndian: true));
        }

        File.WriteAllBytes(Path.Combine(folder, "signature"), der.Encode());
        var start = new ProcessStartInfo("/usr/bin/openssl", "dgst -sha256 -verify public.pem -signature signature head")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };

        using Process process = Process.Start(start).ShouldNotBeNull();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        output.ShouldBe("Verified OK\n");
    }

    [Fact]
    public void A_public_key_on_a_curve_that_nobody_knows_signs_nothing()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] head = new byte[32], signature = key.SignData(head, HashAlgorithmName.SHA256), publicKey = key.ExportSubjectPublicKeyInfo();
        HeadSigner.IsGenuine(new HeadSignature(1, head, signature, publicKey)).ShouldBeTrue();
        // The curve's identifier, 1.2.840.10045.3.1.7, becomes 1.2.840.14141.3.1.7.
        int curve = publicKey.AsSpan().IndexOf((byte[])[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03]);
        publicKey[curve + 3] = 0xEE;
        HeadSigner.IsGenuine(new HeadSignature(1, head, signature, publicKey)).ShouldBeFalse();
    }
}
