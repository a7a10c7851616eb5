using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ReplayVmm.Cli;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Replay;
using ReplayVmm.Store;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Everything that is typed or stands in small files: conditions, quantities, scripts, manifests, keys, database URLs, names.</summary>
public sealed class ParserFuzz(ITestOutputHelper output)
{
    private const long Floor = 1_000;

    private static readonly string[] Words =
    [
        "port", "==", "!=", "0x3fd", "&&", "||", "(", ")", "!", "kind", "port_read", "value", "<<", ">>", "+", "-", "^", "|", "&", "payload", ".", "contains", "\"x\"", "\"",
        "time", "18446744073709551615", "99999999999999999999", "0x", "1_0,0", "true", "false", "vcpu", " ", "\t", "\0", "\u00fc", "\ud800", "64K", "GiB", "TB", "i", "min", "ms",
        "s", "ns", "=", "\\x", "\\e", "\\", "\\xZZ", "\\x4", "postgres://", "@", ":", "/", "?", "%", "%zz", "sslmode=require", ";", "Host=", "[::1]", ":99999", "login: =root\\r",
    ];

    private static readonly byte[] Manifest = ManifestJson.Write(Manifests.Least);
    private static readonly string[] Pems = MakePems();
    private static readonly HeadSignature Genuine = GoldenFiles.Read(GoldenFiles.All[0]).Signatures[0];

    [Fact]
    public void Whatever_is_typed_is_understood_or_refused_in_a_clear_line()
    {
        long understood = 0;
        string folder = Directory.CreateTempSubdirectory("fuzz-").FullName, key = Path.Combine(folder, "key.pem");
        try
        {
            var campaign = new Campaign("parsers", output) { Summary = _ => $"{understood} were understood" };
            campaign.Run(Floor, (dice, _) => understood += One(dice, key) ? 1 : 0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool One(Dice dice, string key)
    {
        string text = Text(dice);
        switch (dice.Below(10))
        {
            case 0 or 1:
                return Try(() => Condition.Parse(text).Holds(new Event { Kind = EventKind.PortRead, A = dice.Next() }, default));
            case 2:
                return Try(() => Quantities.Size("--memory", text));
            case 3:
                return Try(() => Quantities.Time("--until-time", text)) | Try(() => Quantities.Number("--from", text));
            case 4:
                return Try(() => TypeAfter.Parse(text));
            case 5:
                byte[] json = dice.OnceIn(2) ? ManifestNoise.Throw(dice, Manifest) : Mutation.Spoil(dice, Manifest, Manifest.Length);
                return Try(() => ManifestRules.Check(ManifestJson.Parse(json)));
            case 6:
                byte[] pem = Encoding.UTF8.GetBytes(Pems[dice.Below(Pems.Length)]);
                File.WriteAllBytes(key, dice.OnceIn(8) ? Encoding.UTF8.GetBytes(text) : Mutation.Spoil(dice, pem, pem.Length));
                return Try(() => HeadSigner.Load(key).Dispose()) | Try(() => HeadSigner.LoadPublicKey(key));
            case 7:
                return HeadSigner.IsGenuine(Spoil(dice));
            case 8:
                return Try(() => DatabaseUrl.Parse(text));
            default:
                return Try(() => SessionNames.Check(text)) | Try(() => DebugTokens(text));
        }
    }

    private static void DebugTokens(string text) => FuzzException.Unless(Tokenizer.Cut(text).Count > 0, "no end");

    /// <summary>A signature that was changed is never genuine.</summary>
    private static HeadSignature Spoil(Dice dice)
    {
        HeadSignature s = dice.Below(3) switch
        {
            0 => Genuine with { Head = Mutation.Spoil(dice, Genuine.Head, 32) },
            1 => Genuine with { Signature = Mutation.Spoil(dice, Genuine.Signature, 64) },
            _ => Genuine with { PublicKey = Mutation.Spoil(dice, Genuine.PublicKey, 128) },
        };
        bool same = s.Head.AsSpan().SequenceEqual(Genuine.Head) && s.Signature.AsSpan().SequenceEqual(Genuine.Signature)
            && s.PublicKey.AsSpan().SequenceEqual(Genuine.PublicKey);
        FuzzException.Unless(same == HeadSigner.IsGenuine(s), $"genuine: {HeadSigner.IsGenuine(s)}, unchanged: {same}");
        return s;
    }

    private static bool Try(Action parse)
    {
        try
        {
            parse();
            return true;
        }
        catch (Exception e) when (e is UsageException or LogException or BootException or FormatException or JsonException)
        {
            bool ours = e is not (FormatException or JsonException);
            FuzzException.Unless(!ours || (e.Message.Length <= OneLine.Longest && !e.Message.Any(char.IsControl)), $"not one line: {e.Message}");
            return false;
        }
    }

    private static string Text(Dice dice)
    {
        var text = new StringBuilder();
        int words = dice.OnceIn(256) ? 20_000 : dice.Below(12);
        string repeated = dice.Pick<string>(Words);
        bool repeats = words > 12 && dice.OnceIn(2);
        for (int n = 0; n < words; n++)
        {
            text.Append(repeats ? repeated : dice.Pick<string>(Words));
            if (dice.OnceIn(2))
                text.Append(' ');
            if (dice.OnceIn(8))
                text.Append(dice.Number());
        }

        return text.ToString();
    }

    private static string[] MakePems()
    {
        using ECDsa right = KeyOn(ECCurve.NamedCurves.nistP256, 32), other = KeyOn(ECCurve.NamedCurves.nistP384, 48);
        string pem = right.ExportPkcs8PrivateKeyPem();
        return
        [
            pem, right.ExportSubjectPublicKeyInfoPem(), right.ExportECPrivateKeyPem(), other.ExportPkcs8PrivateKeyPem(),
            pem.Replace("PRIVATE", "ENCRYPTED PRIVATE", StringComparison.Ordinal), pem.Replace("PRIVATE", "RSA PRIVATE", StringComparison.Ordinal), "",
        ];
    }

    /// <summary>The same key each time.</summary>
    private static ECDsa KeyOn(ECCurve curve, int size) =>
        ECDsa.Create(new ECParameters { Curve = curve, D = [.. Enumerable.Range(1, size).Select(n => (byte)n)] });
}
