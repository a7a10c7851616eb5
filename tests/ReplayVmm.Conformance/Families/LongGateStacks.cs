using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// The stacks that 64-bit gates lead to: the interrupt stack table, RSP0, the frame and its alignment (SDM volume 3, 6.14.2 to 6.14.5).
/// </summary>
internal static class LongGateStacks
{
    private const ushort Free = Selectors.Free;
    private const byte Vector = 0x50;
    private const uint Entry = Layout.Idt + (Vector * 16);
    private const uint EntryOfGp = Layout.Idt + (13 * 16), EntryOfSs = Layout.Idt + (12 * 16);
    private const ulong NotCanonical = 0x8000_0000_0000;

    /// <summary>In 64-bit mode.</summary>
    public static IEnumerable<Case> Make() => [.. Stacks(), .. Alignment()];

    private static IEnumerable<Case> Stacks()
    {
        for (byte ist = 1; ist < 8; ist++)
        {
            byte stack = ist;
            uint top = Layout.InterruptStacks + (0x400u * (ist - 1u));
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"INT with IST {ist} from ring {ring}", c =>
                {
                    c.Gate(Vector, c["there"], 0xEE, Selectors.Code0, stack);
                    c.Ring(ring);
                    c.A.@int(Vector);
                    c.Mark("there");
                    c.A.mov(edx, ss);
                    c.A.mov(rbx, rsp);
                    c.Done();
                }, top - 8, top - 16, top - 24, top - 32, top - 40);
            }
        }
        yield return new("upper bits of the IST field", c =>
        {
            c.Gate(Vector, c["there"], 0x8E, Selectors.Code0, 0xF8);
            c.A.@int(Vector);
            c.Mark("there");
            c.A.mov(rbx, rsp);
            c.Done();
        });
        yield return new("rubbish in the last dword of a gate", c =>
        {
            c.Gate(Vector, c["there"]);
            c.A.mov(__dword_ptr[Entry + 12], -1);
            c.A.@int(Vector);
            c.Mark("there");
            c.Done();
        });
        yield return new("IST from conforming code keeps the ring", c =>
        {
            c.Gate(Vector, c["there"], 0xEE, Selectors.Conforming0, 2);
            c.Ring(3);
            c.A.@int(Vector);
            c.Mark("there");
            c.A.mov(edx, ss);
            c.A.mov(rbx, rsp);
            c.A.mov(ecx, cs);
            c.Done();
        });
        yield return new("two interrupts on one interrupt stack", c =>
        {
            c.Gate(Vector, c["there"], 0x8E, Selectors.Code0, 3);
            c.Gate(Vector + 1, c["again"], 0x8E, Selectors.Code0, 3);
            c.A.@int(Vector);
            c.Mark("there");
            c.A.mov(rbx, rsp);
            c.A.@int(Vector + 1);
            c.Mark("again");
            c.A.mov(rdx, rsp);
            c.Done();
        }, Layout.InterruptStacks + 0x800 - 16, Layout.InterruptStacks + 0x800 - 40);
        foreach ((string name, uint slot, byte ist, int ring) in (IEnumerable<(string, uint, byte, int)>)
            [
                ("IST 1", 0x24, 1, 0), ("IST 1 from ring 3", 0x24, 1, 3), ("RSP0", 4, 0, 3),
            ])
        {
            yield return new($"{name} is no address", c =>
            {
                c.Gate(Vector, c["there"], 0xEE, Selectors.Code0, ist);
                c.A.mov(__dword_ptr[Layout.Tss + slot + 4], 0x8000);
                c.A.mov(__byte_ptr[EntryOfSs + 4], 2);
                c.A.mov(__byte_ptr[EntryOfGp + 4], 3);
                c.Ring(ring);
                c.A.@int(Vector);
                c.Mark("there");
                c.Done();
            });
        }
        yield return new("IST beyond the limit of the TSS", c =>
        {
            c.Descriptor(Free, DescriptorBits.Segment(0x89, Layout.Tss, 0x2A, 0), 0);
            c.A.mov(ecx, Free);
            c.A.ltr(cx);
            c.Gate(Vector, c["there"], 0xEE, Selectors.Code0, 1);
            c.A.@int(Vector);
            c.Mark("there");
            c.Done();
        });
        yield return new("an interrupt where the stack pointer is no address", c =>
        {
            c.Gate(Vector, c["there"]);
            foreach (uint vector in (uint[])[8, 12, 13, 14])
                c.A.mov(__byte_ptr[Layout.Idt + (vector * 16) + 4], 2);
            c.A.mov(rsp, NotCanonical);
            c.A.@int(Vector);
            c.Mark("there");
            c.Done();
        });
        yield return new("an interrupt with null in SS", c =>
        {
            c.A.mov(ss, eax);
            c.A.@int(CaseWriter.DoneVector);
        });
    }

    private static IEnumerable<Case> Alignment()
    {
        for (int low = 0; low < 16; low += 3)
        {
            int offset = low;
            yield return new($"frame where RSP ends in {16 - low & 15:X}", c =>
            {
                c.A.lea(rsp, __[rsp - offset]);
                c.Done();
            });
            yield return new($"frame with error code where RSP ends in {16 - low & 15:X}", c =>
            {
                c.A.lea(rsp, __[rsp - offset]);
                c.A.mov(ecx, 0x1000);
                c.A.mov(ds, ecx);
            });
        }
        yield return new("frame where the stack in the TSS is not aligned", c =>
        {
            c.A.mov(__dword_ptr[Layout.Tss + 4], Layout.Ring0Stack - 9);
            c.Ring(3);
            c.Done();
        });
        yield return new("frame from compatibility mode at the same ring", c =>
        {
            c.Compatibility(0);
            c.Embed(32, c["narrow"], a =>
            {
                a.mov(esp, Layout.CaseStack - 4);
                a.@int(unchecked((sbyte)CaseWriter.DoneVector));
            });
        });
        yield return new("frame from 16-bit code with the upper half of RSP set", c =>
        {
            c.A.mov(eax, c["narrow"]);
            c.A.and(eax, -65536);
            c.A.or(eax, 0);
            c.Descriptor(Free, DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, 8));
            c.A.mov(eax, 0);
            c.PlainFlags();
            c.Leave(Free, Selectors.Data0, Layout.CaseStack, place: "narrow");
            c.Embed(16, c["narrow"] & 0xFFFF, a => a.@int(unchecked((sbyte)CaseWriter.DoneVector)));
        });
    }
}
