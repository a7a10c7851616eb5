namespace ReplayVmm.Processor;

/// <summary>Basic exit reasons (SDM volume 3, appendix C).</summary>
public enum ExitReason : ushort
{
#pragma warning disable CS1591 // the manual's own names
    ExceptionOrNmi = 0, ExternalInterrupt = 1, TripleFault = 2, InitSignal = 3, StartupIpi = 4, InterruptWindow = 7, NmiWindow = 8, TaskSwitch = 9,
    Cpuid = 10, Hlt = 12, Invd = 13, Invlpg = 14, Rdpmc = 15, Rdtsc = 16, Vmcall = 18, Vmclear = 19, Vmlaunch = 20, Vmptrld = 21, Vmptrst = 22,
    Vmread = 23, Vmresume = 24, Vmwrite = 25, Vmxoff = 26, Vmxon = 27, ControlRegisterAccess = 28, MovDr = 29, IoInstruction = 30, Rdmsr = 31,
    Wrmsr = 32, EntryFailureGuestState = 33, Mwait = 36, MonitorTrapFlag = 37, Monitor = 39, Pause = 40, TprBelowThreshold = 43, ApicAccess = 44,
    GdtrOrIdtrAccess = 46, LdtrOrTrAccess = 47, EptViolation = 48, EptMisconfiguration = 49, Invept = 50, Rdtscp = 51, PreemptionTimer = 52,
    Invvpid = 53, Wbinvd = 54, Xsetbv = 55, Rdrand = 57, Invpcid = 58, Vmfunc = 59, Encls = 60, Rdseed = 61, PmlFull = 62, Xsaves = 63, Xrstors = 64,
    Loadiwkey = 69,
#pragma warning restore CS1591
}
