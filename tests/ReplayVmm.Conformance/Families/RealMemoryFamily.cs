using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Real-address mode where no limit stops: wraps of 16 bits, 67h, 1 MiB and "unreal" segments (SDM volume 3, 21.1.1).</summary>
internal static class RealMemoryFamily
{
    private const uint DataStart = (uint)RealAddressMode.Data << 4, StackStart = (uint)RealAddressMode.Stack << 4;

    /// <summary>The family.</summary>
    public static Family Make() => new("real-memory", 32, [.. Wraps(), .. Strings(), .. Stacks(), .. HighMemory(), .. Unreal()]);

    /// <summary>Offsets of 16 bits are sums modulo 64 KiB.</summary>
    private static IEnumerable<Case> Wraps()
    {
        (string Name, byte[] Bytes)[] forms =
        [
            ("[BX + SI]", [0x8A, 0x08]), ("[BX + DI]", [0x8A, 0x09]), ("[BP + SI]", [0x8A, 0x0A]), ("[BP + DI]", [0x8A, 0x0B]),
            ("[SI]", [0x8A, 0x0C]), ("[DI]", [0x8A, 0x0D]), ("[BX]", [0x8A, 0x0F]),
            ("[BX + 7Fh]", [0x8A, 0x4F, 0x7F]), ("[BX - 80h]", [0x8A, 0x4F, 0x80]), ("[SI + 8001h]", [0x8A, 0x8C, 1, 0x80]),
            ("[BP + SI + 7Fh]", [0x8A, 0x4A, 0x7F]), ("[BP + 0]", [0x8A, 0x4E, 0]),
            ("[BX + DI + FFFFh]", [0x8A, 0x89, 0xFF, 0xFF]), ("ES: [BX + SI]", [0x26, 0x8A, 0x08]), ("SS: [DI]", [0x36, 0x8A, 0x0D]),
            ("CS: [BX]", [0x2E, 0x8A, 0x0F]),
        ];
        (uint Ebx, uint Esi, uint Edi, uint Ebp)[] registers =
            [(0, 0, 0, 0), (0x1234_FFFF, 0xABCD_0001, 2, 0xFFFE), (0xFFF0, 0xFFF0, 0x10, 0x8765_0020), (0x8000, 0x8001, 0x8010, 0x7FF1),
                (0xFF90, 0xFFF5, 0xFFFF, 0xFFF1)];
        foreach ((string name, byte[] bytes) in forms)
        {
            foreach ((uint ebx0, uint esi0, uint edi0, uint ebp0) in registers)
            {
                yield return RealAddressMode.Make($"{name} with {ebx0:X}, {esi0:X}, {edi0:X}, {ebp0:X}", a =>
                {
                    // What lies in the middle of the segments and at no edge is made zero: other cases may have left something there.
                    a.mov(__byte_ptr[0xFF0F], 0);
                    a.mov(ebx, ebx0);
                    a.mov(esi, esi0);
                    a.mov(edi, edi0);
                    a.mov(ebp, ebp0);
                    a.db(bytes);
                });
            }
        }
        foreach ((uint low, uint index) in ((uint, uint)[])[(0xFFE0, 0xF), (0xFFFF_FFF0, 0x18), (0x8000_0000, 0x4000_0008)])
        {
            yield return RealAddressMode.Make($"67h: [EBX + ECX * 2] with {low:X} and {index:X}", a =>
            {
                a.mov(ebx, low);
                a.mov(ecx, index);
                a.db(0x67, 0x8A, 0x14, 0x4B);
            });
        }
    }

    /// <summary>SI, DI and CX are of 16 bits, or with 67h of 32.</summary>
    private static IEnumerable<Case> Strings()
    {
        (string Name, byte[] Bytes)[] instructions =
        [
            ("MOVSB", [0xA4]), ("REP MOVSB", [0xF3, 0xA4]), ("REP MOVSW", [0xF3, 0xA5]), ("STOSB", [0xAA]), ("REP STOSB", [0xF3, 0xAA]),
            ("REP STOSW", [0xF3, 0xAB]), ("REP STOSD", [0x66, 0xF3, 0xAB]),
            ("LODSB", [0xAC]), ("LODSW", [0xAD]), ("REP LODSB", [0xF3, 0xAC]), ("REPE CMPSB", [0xF3, 0xA6]), ("REPNE CMPSB", [0xF2, 0xA6]),
            ("REPNE SCASB", [0xF2, 0xAE]), ("SCASW", [0xAF]),
            ("REP OUTSB", [0xF3, 0x6E]), ("REP MOVSB from SS", [0x36, 0xF3, 0xA4]), ("REP MOVSB from CS", [0x2E, 0xF3, 0xA4]),
        ];
        foreach ((string name, byte[] bytes) in instructions)
        {
            foreach (bool down in (bool[])[false, true])
            {
                foreach (bool wide in (bool[])[false, true])
                {
                    foreach (uint count in (uint[])[0, 4, 0x1_0000, 0x7777_0004])
                    {
                        if (wide && count > 4)
                            continue;
                        uint top = wide ? 0u : 0x4321_0000, source = wide ? 0x10u : 0xFFFEu, target = wide ? 0x18u : down ? 2u : 0xFFFCu;
                        if (wide && down && name.Contains("SS", StringComparison.Ordinal))
                            continue;
                        yield return RealAddressMode.Make($"{name}{(down ? ", DF" : "")}{(wide ? ", 67h" : "")}, count {count:X}", a =>
                        {
                            a.mov(edx, 0x80);
                            a.mov(esi, top | source);
                            a.mov(edi, top | target);
                            a.mov(ecx, count);
                            a.mov(eax, 0x1122_3344);
                            a.cmp(eax, eax);
                            if (down)
                                a.std();
                            a.db([.. wide ? (byte[])[0x67] : [], .. bytes]);
                        }, DataStart - 4, DataStart, DataStart + 4, DataStart + 0x10, DataStart + 0x18, DataStart + 0xFFF8, DataStart + 0xFFFC,
                            DataStart + 0x1_0000);
                    }
                }
            }
        }
    }

    /// <summary>SP wraps between two elements of a stack instruction.</summary>
    private static IEnumerable<Case> Stacks()
    {
        (string Name, Action<Assembler> Write)[] rows =
        [
            ("PUSH", a => a.push(bx)), ("PUSH of 32 bits", a => a.push(ebx)), ("POP", a => a.pop(bx)), ("POP of 32 bits", a => a.pop(ebx)),
            ("PUSHA", a => a.db(0x60)), ("PUSHAD", a => a.db(0x66, 0x60)),
            ("POPA", a => a.db(0x61)), ("POPAD", a => a.db(0x66, 0x61)), ("PUSHF", a => a.pushf()), ("PUSHFD", a => a.pushfd()),
            ("PUSH SP", a => a.push(sp)), ("PUSH ESP", a => a.push(esp)),
            ("POP SP", a => a.pop(sp)), ("POP ESP", a => a.pop(esp)), ("ENTER 4, 0", a => a.db(0xC8, 4, 0, 0)),
            ("ENTER 4, 1", a => a.db(0xC8, 4, 0, 1)), ("ENTER 4, 3", a => a.db(0xC8, 4, 0, 3)),
            ("ENTER 4, 2 of 32 bits", a => a.db(0x66, 0xC8, 4, 0, 2)), ("LEAVE", a => a.db(0xC9)), ("LEAVE of 32 bits", a => a.db(0x66, 0xC9)),
            ("PUSH m16", a => a.db(0xFF, 0x36, 0, 1)),
            ("POP m16", a => a.db(0x8F, 0x06, 0, 1)), ("CALL", a => a.db(0xE8, 0, 0)), ("CALL of 32 bits", a => a.db(0x66, 0xE8, 0, 0, 0, 0)),
            ("far CALL", a => a.db(0x9A, 0, 2, 0, 0x10)),
        ];
        foreach ((string name, Action<Assembler> write) in rows)
        {
            foreach (uint pointer in (uint[])[0, 4, 0x1234_0008, 0xFFFC, 0x1_0000, 0x8765_0010])
            {
                yield return RealAddressMode.Make($"{name} with ESP {pointer:X}", a =>
                {
                    a.mov(ebx, 0x1B1B_2B2B);
                    a.mov(ebp, 0x9999_0000 | (ushort)(pointer + 4));
                    a.mov(esp, pointer);
                    write(a);
                    a.mov(edi, esp);
                    a.mov(esp, (uint)RealAddressMode.StackPointer);
                }, a =>
                {
                    a.mov(edi, esp);
                    a.mov(esp, (uint)RealAddressMode.StackPointer);
                }, StackStart - 4, StackStart, StackStart + 4, StackStart + 8, StackStart + 0xFFF0, StackStart + 0xFFF4, StackStart + 0xFFF8,
                    StackStart + 0xFFFC, StackStart + 0x1_0000, DataStart + 0x100);
            }
        }
    }

    /// <summary>FFFF:0010 is the first byte above 1 MiB, where A20 is on.</summary>
    private static IEnumerable<Case> HighMemory()
    {
        foreach ((ushort selector, ushort offset) in ((ushort, ushort)[])[(0xFFFF, 0x10), (0xFFFF, 0x0F), (0xFFFF, 0xFFFC), (0xFFFE, 0x20),
            (0xF800, 0x8000), (0xF001, 0xFFF0)])
        {
            yield return RealAddressMode.Make($"a dword at {selector:X}:{offset:X} beside the byte at 20 bits of it", a =>
            {
                a.mov(dx, unchecked((short)selector));
                a.mov(fs, dx);
                a.mov(ecx, __dword_ptr.fs[offset]);
                uint linear = ((uint)selector << 4) + offset;
                if (linear >= 0x10_0000)
                {
                    a.mov(dx, 0);
                    a.mov(gs, dx);
                    a.mov(ebx, __dword_ptr.gs[(ushort)linear]);
                    a.cmp(ecx, ebx);
                    a.setne(dl);
                }
                // What is there is not the same on all machines.
                a.test(dl, dl);
                a.mov(ecx, 0);
                a.mov(ebx, 0);
            });
        }
        yield return new("a store at FFFF:FFF0, which is not one at FFE0", c =>
        {
            const uint There = 0x10_FFE0, Below = 0xFFE0;
            c.A.mov(ebx, __dword_ptr[There]);
            c.A.mov(ebp, __dword_ptr[Below]);
            c.RealMode(a =>
            {
                a.mov(dx, -1);
                a.mov(fs, dx);
                a.xchg(__dword_ptr.fs[0xFFF0], ecx);
                a.mov(gs, ax);
                a.cmp(__dword_ptr.gs[(ushort)Below], ebp);
                a.setne(al);
                a.mov(edi, ecx);
                a.xchg(__dword_ptr.fs[0xFFF0], ecx);
                a.xor(edi, ebx);
                a.mov(ebx, 0);
                a.mov(ebp, 0);
                a.mov(dx, 0);
            });
        });
        foreach (ushort segment in (ushort[])[0xFFFF, 0xF900])
        {
            int offset = 0x10_8000 - (segment << 4);
            // The image is there: its bytes are kept and put back.
            yield return RealAddressMode.Make($"code at {segment:X}:{offset:X}", a =>
            {
                a.mov(dx, unchecked((short)segment));
                a.mov(fs, dx);
                a.mov(bx, unchecked((short)offset));
                a.mov(ecx, __dword_ptr.fs[bx]);
                a.mov(__dword_ptr.fs[bx], 0x90CB_4790);
                a.push(cs);
                a.push(RealAddressMode.Target);
                a.push(dx);
                a.push(bx);
                a.retf();
            }, a =>
            {
                a.mov(__dword_ptr.fs[bx], ecx);
                a.mov(ecx, 0);
            });
        }
    }

    /// <summary>A segment register keeps its limit when real-address mode loads it.</summary>
    private static IEnumerable<Case> Unreal()
    {
        foreach (uint address in (uint[])[0xFFFD, 0x1_0000, 0x2_0000, Layout.Scratch - DataStart, Layout.Scratch + 0x100 - DataStart])
        {
            foreach ((string name, Action<Assembler> write) in Accesses)
            {
                yield return new($"{name} at {address:X} of a segment of 4 GiB", c => c.RealMode(a =>
                {
                    a.mov(ebx, address);
                    a.mov(ecx, 2);
                    a.mov(esi, address);
                    a.mov(edi, address);
                    write(a);
                }, limits: new RealLimits { Data = uint.MaxValue, Stack = uint.MaxValue }), DataStart + address);
            }
        }
        yield return new("a segment of 4 GiB that is loaded again", c => c.RealMode(a =>
        {
            a.mov(dx, 0x1234);
            a.mov(fs, dx);
            a.mov(ebx, Layout.Scratch - 0x1_2340);
            a.mov(__dword_ptr.fs[ebx], 0xABCD);
            a.mov(dx, 0);
        }, limits: new RealLimits { Data = uint.MaxValue }), Layout.Scratch);
        yield return new("an address below the base of a segment of 4 GiB", c =>
        {
            c.Poke(Layout.Low + 0xE00, 0x0123_4567);
            c.RealMode(a =>
            {
                a.mov(ebx, unchecked(Layout.Low + 0xE00 - DataStart));
                a.mov(ecx, __dword_ptr[ebx]);
            }, limits: new RealLimits { Data = uint.MaxValue });
        });
        yield return new("SP stays of 16 bits in a stack of 4 GiB", c => c.RealMode(a =>
        {
            a.mov(esp, 0x1_0000);
            a.push(ax);
            a.mov(edi, esp);
            a.mov(esp, 0x8000);
        }, limits: new RealLimits { Stack = uint.MaxValue }), StackStart + 0xFFFC, StackStart + 0x1_FFFC);
    }

    private static readonly (string Name, Action<Assembler> Write)[] Accesses =
    [
        ("load of a dword", a => a.mov(edx, __dword_ptr[ebx])), ("store of a dword", a => a.mov(__dword_ptr[ebx], ebx)),
        ("addition", a => a.add(__word_ptr[ebx], 5)),
        ("LODSD", a => a.db(0x67, 0x66, 0xAD)), ("REP STOSD", a => a.db(0x67, 0x66, 0xF3, 0xAB)), ("REP MOVSW", a => a.db(0x67, 0xF3, 0xA5)),
        ("load by SS", a => a.mov(edx, __dword_ptr.ss[ebx])),
        ("PUSH of memory", a =>
        {
            a.push(__dword_ptr[ebx]);
            a.pop(edx);
        }),
        ("POP of memory", a =>
        {
            a.PushWide(0x2468_ACE0);
            a.pop(__dword_ptr[ebx]);
        }),
    ];
}
