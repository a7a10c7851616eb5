namespace ReplayVmm.Fuzz.Tests;

/// <summary>Two rigs in the same state under the same dice: they must see the same. Nothing may be allocated meanwhile.</summary>
internal static class Twins
{
    /// <summary>Lets one rig act, and beside it the other, where there is one.</summary>
    /// <param name="acts">How often.</param>
    /// <param name="first">An act of the one; what it saw.</param>
    /// <param name="dice">Its dice.</param>
    /// <param name="second">An act of the other; null for none.</param>
    /// <param name="again">The other's dice, which throw the same.</param>
    public static void Act(int acts, Func<Dice, ulong> first, Dice dice, Func<Dice, ulong>? second, Dice again)
    {
        long allocated = Allocated.Now;
        for (int act = 0; act < acts; act++)
        {
            ulong seen = first(dice);
            if (second is null)
                continue;
            ulong wanted = second(again);
            FuzzException.Unless(seen == wanted, $"act {act}: {seen:x}, and {wanted:x} where the state was put back");
        }

        Allocated.NothingSince(allocated);
    }
}
