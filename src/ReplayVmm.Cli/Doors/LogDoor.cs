using System.Runtime.CompilerServices;
using ReplayVmm.Events;
using ReplayVmm.Store;

namespace ReplayVmm.Cli;

/// <summary>The door to the database.</summary>
internal static class LogDoor
{
    /// <summary>Opens the log at <paramref name="url"/>; where it is null, that of the private server, which is started if need be.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // Commands that need no database do not load its driver.
    public static IEventLog Open(string? url) => url is not null ? EventStore.Open(url) : new PrivateServer().Open();
}
