using System.Runtime.InteropServices;

namespace ReplayVmm.Cli;

/// <summary>The door through which the operator interrupts: Ctrl-C, SIGTERM, SIGHUP.</summary>
internal static class InterruptDoor
{
    /// <summary>
    /// Calls <paramref name="interrupted"/> once, at the first of them; the second ends the process, should the first not have been heeded.
    /// </summary>
    public static IDisposable Listen(Action interrupted)
    {
        int count = 0;
        void Handle(PosixSignalContext context)
        {
            if (Interlocked.Increment(ref count) > 1)
                return;
            context.Cancel = true;
            interrupted();
        }

        return new Registrations(
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle));
    }

    private sealed class Registrations(params IDisposable[] all) : IDisposable
    {
        public void Dispose()
        {
            foreach (IDisposable one in all)
                one.Dispose();
        }
    }
}
