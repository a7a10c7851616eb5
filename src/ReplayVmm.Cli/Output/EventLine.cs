using System.Globalization;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>An event as a line of results.</summary>
internal static class EventLine
{
    /// <summary>Writes <paramref name="e"/>; as JSON where that is wanted, one object a line.</summary>
    public static void Write(Invocation invocation, in Event e, ReadOnlySpan<byte> arena)
    {
        if (invocation.Json)
        {
            invocation.Output.WriteLine(EventJson.Of(e, arena));
            return;
        }

        invocation.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{e.Position,12:n0}  t {e.VirtualTime,16:n0}  vcpu {e.Vcpu}  {EventText.Of(e, arena)}"));
    }
}
