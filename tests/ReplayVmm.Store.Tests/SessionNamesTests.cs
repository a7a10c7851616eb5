namespace ReplayVmm.Store.Tests;

public sealed class SessionNamesTests
{
    private static readonly SessionInfo[] Sessions =
    [
        Session("nightly", "11111111-0000-8000-8000-000000000000"),
        Session("nightly-7", "12222222-0000-8000-8000-000000000000"),
        Session("compat-cr3", "33333333-0000-8000-8000-000000000000"),
        Session("memtest", "44444444-0000-8000-8000-000000000000"),
    ];

    private static SessionInfo Session(string name, string id) =>
        new(Guid.Parse(id), name, 1, default, Ended: true, BeingRecorded: false, 1, 1);

    [Theory]
    [InlineData("nightly", "nightly")]
    [InlineData("nightly-7", "nightly-7")]
    [InlineData("nightly-", "nightly-7")]
    [InlineData("comp", "compat-cr3")]
    [InlineData("3", "compat-cr3")]
    [InlineData("44444444-0000-8000-8000-000000000000", "memtest")]
    [InlineData("44444444000080008000000000000000", "memtest")]
    public void A_name_an_id_or_a_unique_prefix_is_found(string text, string name) =>
        SessionNames.Find(text, Sessions, "here").Name.ShouldBe(name);

    [Theory]
    [InlineData("night", "2 sessions: nightly, nightly-7")]
    [InlineData("1", "2 sessions: nightly, nightly-7")]
    [InlineData("nighty", "near: nightly")]
    [InlineData("Compat-CR4", "near: compat-cr3")]
    [InlineData("mentest", "near: memtest")]
    [InlineData("zzzzzz", "replayvmm list")]
    [InlineData("", "replayvmm list")]
    public void What_is_not_found_names_what_could_be_meant(string text, string message)
    {
        LogException e = Should.Throw<LogException>(() => SessionNames.Find(text, Sessions, "here"));
        e.Trouble.ShouldBe(LogTrouble.BadRequest);
        e.Message.ShouldContain(message);
    }

    [Fact]
    public void An_empty_log_says_so_and_a_long_name_is_cut()
    {
        Should.Throw<LogException>(() => SessionNames.Find("x", [], "here")).Message.ShouldContain("no sessions yet");
        Should.Throw<LogException>(() => SessionNames.Find(new string('x', 100_000), Sessions, "here")).Message.Length.ShouldBeLessThan(400);
    }
}
