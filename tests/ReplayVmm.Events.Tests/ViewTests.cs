using System.Reflection;

namespace ReplayVmm.Events.Tests;

public class ViewTests
{
    public static TheoryData<EventKind> Kinds => [.. EventSchema.All.Select(schema => schema.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_view_shows_each_operand_of_the_table_under_its_name(EventKind kind)
    {
        EventKindSchema schema = EventSchema.Of(kind);
        var e = new Event { Kind = kind, A = 1, B = 2, C = 4, D = 8, E = 16 };

        object view = View(kind, e);

        if (kind == EventKind.CpuidRead)
            return;
        view.GetType().GetConstructors().Single().GetParameters().Length.ShouldBe(schema.Operands.Length);
        for (int i = 0; i < schema.Operands.Length; i++)
        {
            string name = char.ToUpperInvariant(schema.Operands[i].Name[0]) + schema.Operands[i].Name[1..];
            object? value = view.GetType().GetProperty(name)?.GetValue(view);
            if (value is bool flag)
                flag.ShouldBeTrue();
            else
                Convert.ToUInt64(value, null).ShouldBe(1UL << i, name);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_view_refuses_an_event_of_another_kind(EventKind kind)
    {
        var e = new Event { Kind = kind == EventKind.PortRead ? EventKind.PortWritten : EventKind.PortRead };

        Should.Throw<TargetInvocationException>(() => View(kind, e)).InnerException.ShouldBeOfType<ArgumentException>();
    }

    [Fact]
    public void CPUID_s_registers_are_the_halves_of_its_operands()
    {
        var e = new Event { Kind = EventKind.CpuidRead, A = 7, B = 1, C = 0x2222_2222_1111_1111, D = 0x4444_4444_3333_3333, E = 5 };

        CpuidRead.From(e).ShouldBe(new CpuidRead(7, 1, 0x1111_1111, 0x2222_2222, 0x3333_3333, 0x4444_4444, 5));
    }

    private static object View(EventKind kind, Event e)
    {
        Type type = typeof(Event).Assembly.GetType($"ReplayVmm.Events.{kind}").ShouldNotBeNull();
        return type.GetMethod("From", BindingFlags.Public | BindingFlags.Static).ShouldNotBeNull().Invoke(null, [e]).ShouldNotBeNull();
    }
}
