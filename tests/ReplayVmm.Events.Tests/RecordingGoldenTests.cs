namespace ReplayVmm.Events.Tests;

public class RecordingGoldenTests
{
    [Fact]
    public void A_recording_of_version_1_is_read_verified_and_holds_what_was_recorded()
    {
        using RecordingFileReader reader = RecordingFileReader.Open(Golden.PathOf("recording-1.rvmm"));
        List<LogRow> rows = [.. reader.Rows()];

        VerificationReport report = Verifier.Verify(rows, reader.Signatures);

        report.Fault.ShouldBeNull();
        report.Ended.ShouldBeTrue();
        report.SignedThrough.ShouldBe(rows.Count);
        reader.Session.ShouldBe(new RecordingSession(
            new Guid("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"), "golden", new DateTimeOffset(2026, 11, 20, 18, 30, 0, TimeSpan.Zero)));
        EventBuffer expected = Samples.Session();
        report.Events.ShouldBe(expected.Count);
        Convert.ToHexStringLower(report.Content).ShouldBe("551b3962796aa44c1a5ab67ae18d7dc0af25347f05c554ed5fbcfd96cc042498");
        Samples.Events(rows).ShouldBe(Samples.Events(Samples.Rows(expected)));
    }
}
