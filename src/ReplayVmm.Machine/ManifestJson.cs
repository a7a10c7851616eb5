using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReplayVmm.Machine;

/// <summary>The manifest as UTF-8 JSON with PascalCase names: the payload of <c>SessionStarted</c>.</summary>
[JsonSerializable(typeof(MachineManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext
{
    /// <summary>Writes <paramref name="manifest"/>.</summary>
    public static byte[] Write(MachineManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Default.MachineManifest);
}
