using ReplayVmm.Events;

namespace ReplayVmm.Cli.Tests;

public sealed class RecordingFileLogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_with_a_row_whose_header_cannot_be_read_opens_and_verification_names_the_row()
    {
        string path = Path.Combine(folder, "forged.rvmm");
        using (RecordingFileWriter writer = RecordingFileWriter.Create(path, new RecordingSession(Guid.Empty, "forged", DateTimeOffset.UnixEpoch)))
        {
            writer.Write(new LogRow(1, "segment", new byte[] { 1, 2, 3 }, "{}"));
            writer.Complete();
        }

        using var log = new RecordingFileLog(path);
        VerificationReport report = Verifier.Verify(log.Read(Guid.Empty), log.Signatures(Guid.Empty), lastVersion: log.Session.Version);

        log.Session.Events.ShouldBe(0);
        report.Fault.ShouldNotBeNull().Row.ShouldBe(1);
    }
}
