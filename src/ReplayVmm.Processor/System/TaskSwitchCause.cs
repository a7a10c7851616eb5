namespace ReplayVmm.Processor;

/// <summary>What switches tasks; it decides over busy bits, NT and the link (SDM volume 3, table 7-2).</summary>
internal enum TaskSwitchCause
{
    /// <summary>JMP.</summary>
    Jump,
    /// <summary>CALL.</summary>
    Call,
    /// <summary>An interrupt or exception through a task gate.</summary>
    Gate,
    /// <summary>IRET with NT set.</summary>
    Return,
}
