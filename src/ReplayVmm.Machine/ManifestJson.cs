using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReplayVmm.Machine;

/// <summary>The manifest as it stands in <c>SessionStarted</c>: UTF-8 JSON, PascalCase. Serialisers are generated at compile time.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(MachineManifest))]
public sealed partial class ManifestJson : JsonSerializerContext
{
    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static MachineManifest Parse(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, Default.MachineManifest) ?? throw new JsonException("the manifest is null");

    /// <summary>Writes <paramref name="manifest"/>.</summary>
    public static byte[] Write(MachineManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Default.MachineManifest);
}
