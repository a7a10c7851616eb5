namespace ReplayVmm.Events.Tests;

public sealed class VerifierTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_whole_session_is_good_and_every_number_is_right()
    {
        EventBuffer buffer = Samples.Session();
        List<LogRow> rows = Samples.Rows(buffer);

        VerificationReport report = Verifier.Verify(rows, []);

        report.Fault.ShouldBeNull();
        report.IsGood.ShouldBeTrue();
        report.Ended.ShouldBeTrue();
        report.Rows.ShouldBe(rows.Count);
        report.Events.ShouldBe(buffer.Count);
        report.Positions.ShouldBe(buffer.NextPosition);
        report.SignedThrough.ShouldBe(0);
    }

    [Fact]
    public void Every_prefix_of_a_session_is_good_and_open_ended()
    {
        List<LogRow> rows = LongSession();
        for (int length = 1; length < rows.Count; length++)
        {
            VerificationReport report = Verifier.Verify(rows.Take(length), []);
            report.Fault.ShouldBeNull();
            report.Ended.ShouldBeFalse();
            report.Rows.ShouldBe(length);
        }

        Verifier.Verify([], []).Fault.ShouldNotBeNull().Reason.ShouldBe(RowFault.Truncated);
    }

    [Fact]
    public void A_tail_that_was_cut_shows_by_the_index_or_a_signature()
    {
        List<LogRow> rows = LongSession();
        using HeadSigner signer = NewSigner("key");
        HeadSignature signature = signer.Sign(rows.Count, Verifier.Verify(rows, []).Head);

        Verifier.Verify(rows.SkipLast(2), [], lastVersion: rows.Count).Fault.ShouldNotBeNull().Reason.ShouldBe(RowFault.Truncated);
        VerificationFault fault = Verifier.Verify(rows.SkipLast(2), [signature]).Fault.ShouldNotBeNull();
        (fault.Row, fault.Reason).ShouldBe((rows.Count - 1, RowFault.Truncated));
    }

    [Fact]
    public void A_thousand_flipped_bits_are_each_found_in_their_row()
    {
        List<LogRow> rows = LongSession();
        using HeadSigner signer = NewSigner("key");
        HeadSignature signature = signer.Sign(rows.Count, Verifier.Verify(rows, []).Head);
        var random = new Random(11);
        for (int round = 0; round < 1000; round++)
        {
            int index = random.Next(rows.Count);
            byte[] binary = rows[index].Binary.ToArray();
            binary[random.Next(binary.Length)] ^= (byte)(1 << random.Next(8));
            List<LogRow> bad = [.. rows];
            bad[index] = rows[index] with { Binary = binary };

            VerificationReport report = Verifier.Verify(bad, [signature]);

            VerificationFault fault = report.Fault.ShouldNotBeNull();
            fault.Row.ShouldBe(index + 1, $"round {round}: {fault.Message}");
            fault.Reason.ShouldBe(RowFault.Changed);
            fault.Message.ShouldNotContain('\n');
            report.Rows.ShouldBeLessThanOrEqualTo(index + 1);
        }
    }

    [Fact]
    public void Where_the_last_link_is_broken_a_signature_tells_which_row_was_changed()
    {
        List<LogRow> rows = [.. LongSession().Take(6)];
        using HeadSigner signer = NewSigner("key");
        HeadSignature atFive = signer.Sign(5, Verifier.Verify(rows.Take(5), []).Head);
        HeadSignature atSix = signer.Sign(6, Verifier.Verify(rows, []).Head);
        byte[] binary = rows[5].Binary.ToArray();
        binary[binary.AsSpan().IndexOf(RowHeader.Of(rows[5]).PreviousLink) + 7] ^= 0x10;
        rows[5] = rows[5] with { Binary = binary };

        Verifier.Verify(rows, [atFive]).Fault.ShouldNotBeNull().Row.ShouldBe(6);
        Verifier.Verify(rows, [atSix]).Fault.ShouldNotBeNull().Row.ShouldBe(6);
        VerificationFault unclear = Verifier.Verify(rows, []).Fault.ShouldNotBeNull();
        unclear.ShouldBe(new VerificationFault(
            5, RowFault.Changed, "row 5 does not have the hash that row 6 carries, or that hash was changed"));
    }

    [Fact]
    public void A_row_that_nothing_vouches_for_was_replaced_not_the_one_before_it_changed()
    {
        List<LogRow> rows = LongSession();
        using HeadSigner signer = NewSigner("key");
        HeadSignature signature = signer.Sign(rows.Count, Verifier.Verify(rows, []).Head);
        for (int index = 1; index < rows.Count - 1; index++)
        {
            // Another history's row of the same number and place: well formed, but no neighbour knows it.
            var decoder = new SegmentDecoder();
            decoder.Decode(rows[index]);
            byte[] elsewhere = [.. Enumerable.Repeat((byte)index, ChainHash.Size)];
            Event[] events = decoder.Events.ToArray();
            events[^1] = events[^1] with { D = events[^1].D ^ 1 };
            List<LogRow> bad = [.. rows];
            bad[index] = new SegmentEncoder().Encode(events, decoder.Arena, index + 1, elsewhere);

            VerificationFault fault = Verifier.Verify(bad, [signature]).Fault.ShouldNotBeNull();
            (fault.Row, fault.Reason).ShouldBe((index + 1, RowFault.Changed));
        }
    }

    [Fact]
    public void What_the_log_says_of_a_row_is_the_verdict_unless_the_row_is_another()
    {
        List<LogRow> rows = LongSession();
        rows[4] = rows[4] with { Damage = "row 5: its seal is broken" };
        Verifier.Verify(rows, []).Fault.ShouldBe(new VerificationFault(5, RowFault.Changed, "row 5: its seal is broken"));
        rows[4] = rows[4] with { Binary = default };
        Verifier.Verify(rows, []).Fault.ShouldBe(new VerificationFault(5, RowFault.Changed, "row 5: its seal is broken"));
        rows[4] = rows[6] with { Version = 5, Damage = "row 5: its seal is broken" };
        Fault(rows).ShouldBe((5, RowFault.Reordered));
    }

    [Fact]
    public void A_dropped_row_is_named_whether_or_not_the_others_were_renumbered()
    {
        List<LogRow> rows = LongSession();
        for (int index = 0; index < rows.Count - 1; index++)
        {
            List<LogRow> gap = [.. rows.Where((_, i) => i != index)];
            List<LogRow> renumbered = [.. gap.Select((row, i) => row with { Version = i + 1 })];

            Fault(gap).ShouldBe((index + 1, RowFault.Dropped));
            Fault(renumbered).ShouldBe((index + 1, RowFault.Dropped));
        }
    }

    [Fact]
    public void Two_swapped_rows_are_named_by_the_first()
    {
        List<LogRow> rows = LongSession();
        var random = new Random(12);
        for (int round = 0; round < 300; round++)
        {
            int first = random.Next(rows.Count - 1);
            int second = random.Next(first + 1, rows.Count);
            List<LogRow> swapped = [.. rows];
            (swapped[first], swapped[second]) = (swapped[second], swapped[first]);
            List<LogRow> renumbered = [.. swapped.Select((row, i) => row with { Version = i + 1 })];

            Fault(renumbered).ShouldBe((first + 1, RowFault.Reordered));
            if (second == first + 1)
                Fault(swapped).ShouldBe((first + 1, RowFault.Reordered));
            else
                Verifier.Verify(swapped, []).Fault.ShouldNotBeNull().Row.ShouldBe(first + 1);
        }
    }

    [Fact]
    public void A_row_that_stands_twice_is_named()
    {
        List<LogRow> rows = LongSession();
        for (int index = 0; index < rows.Count; index++)
        {
            List<LogRow> twice = [.. rows];
            twice.Insert(index + 1, rows[index]);
            List<LogRow> renumbered = [.. twice.Select((row, i) => row with { Version = i + 1 })];

            Fault(twice).ShouldBe((index + 2, RowFault.Duplicated));
            Fault(renumbered).ShouldBe((index + 2, RowFault.Duplicated));
        }
    }

    [Theory]
    [InlineData("\"Events\": ", "\"Events\": 1")]
    [InlineData("\"FormatVersion\": 1", "\"FormatVersion\": 1, \"More\": 2")]
    [InlineData("{", "")]
    [InlineData("\"PreviousLink\": \"", "\"PreviousLink\": \"00")]
    public void A_changed_copy_of_a_header_is_found(string old, string replacement)
    {
        List<LogRow> rows = LongSession();
        rows[4] = rows[4] with { HeaderJson = rows[4].HeaderJson.Replace(old, replacement, StringComparison.Ordinal) };

        Fault(rows).ShouldBe((5, RowFault.Changed));
    }

    [Fact]
    public void The_copy_of_a_header_may_be_laid_out_otherwise()
    {
        List<LogRow> rows = LongSession();
        rows[4] = rows[4] with { HeaderJson = rows[4].HeaderJson.Replace(" ", "\n", StringComparison.Ordinal) };

        Verifier.Verify(rows, []).Fault.ShouldBeNull();
    }

    [Fact]
    public void A_changed_type_is_found()
    {
        List<LogRow> rows = LongSession();
        rows[^1] = rows[^1] with { Type = "segment" };

        Fault(rows).ShouldBe((rows.Count, RowFault.Changed));
    }

    [Fact]
    public void A_log_that_was_written_anew_after_signing_does_not_pass()
    {
        List<LogRow> rows = LongSession();
        List<LogRow> forged = Samples.Rows(Samples.Session(seed: 99));
        using HeadSigner signer = NewSigner("key");
        using HeadSigner forger = NewSigner("forger");
        HeadSignature honest = signer.Sign(rows.Count, Verifier.Verify(rows, []).Head);
        HeadSignature false2 = forger.Sign(forged.Count, Verifier.Verify(forged, []).Head);
        byte[] pinned = signer.PublicKey.ToArray();

        Verifier.Verify(rows, [honest], pinned).SignedThrough.ShouldBe(rows.Count);
        Verifier.Verify(rows, [honest], pinned).Fault.ShouldBeNull();
        Verifier.Verify(forged, [false2]).Fault.ShouldBeNull();
        Verifier.Verify(forged, [false2], pinned).Fault.ShouldNotBeNull().Reason.ShouldBe(RowFault.Unsigned);
        Verifier.Verify(forged, [], pinned).Fault.ShouldNotBeNull().Reason.ShouldBe(RowFault.Unsigned);
        Verifier.Verify(forged, [honest with { Version = forged.Count }], pinned).Fault.ShouldNotBeNull().Reason.ShouldBe(RowFault.Changed);
        HeadSignature wrongKey = honest with { PublicKey = forger.PublicKey.ToArray() };
        Verifier.Verify(rows, [wrongKey]).Fault.ShouldNotBeNull().Reason.ShouldBe(RowFault.Unsigned);
        Verifier.Verify(rows, [honest with { Version = 0 }]).Fault.ShouldNotBeNull().Reason.ShouldBe(RowFault.Unsigned);
    }

    [Fact]
    public void A_pinned_signer_must_have_signed_the_end()
    {
        List<LogRow> rows = LongSession();
        using HeadSigner signer = NewSigner("key");
        HeadSignature early = signer.Sign(3, Verifier.Verify(rows.Take(3), []).Head);

        VerificationReport prefix = Verifier.Verify(rows.Take(5), [early], signer.PublicKey.ToArray());
        prefix.Fault.ShouldBeNull();
        prefix.SignedThrough.ShouldBe(3);
        VerificationFault fault = Verifier.Verify(rows, [early], signer.PublicKey.ToArray()).Fault.ShouldNotBeNull();
        (fault.Row, fault.Reason).ShouldBe((4, RowFault.Unsigned));
        Verifier.Verify(rows, [], signer.PublicKey.ToArray()).Fault.ShouldNotBeNull().Row.ShouldBe(1);
    }

    [Fact]
    public void Rows_that_are_chained_well_but_tell_no_session_are_found()
    {
        Fault(Chain([Event(EventKind.PortRead)])).ShouldBe((1, RowFault.Changed));
        Fault(Chain([Start()], [Event(EventKind.PortRead)], [Start()])).ShouldBe((3, RowFault.Changed));
        Fault(Chain([Start()], [Event(EventKind.SessionEnded)])).ShouldBe((2, RowFault.Changed));
        Fault(Chain([Start(), Event(EventKind.PortRead)], positions: 5)).ShouldBe((1, RowFault.Changed));

        List<LogRow> rows = LongSession();
        using var chain = new ChainHash();
        chain.Reset(Verifier.Verify(rows, []).Head);
        ulong position = RowHeader.Of(rows[^1]).NextPosition;
        Event after = Event(EventKind.PortRead) with { Position = position };
        rows.Add(new SegmentEncoder().Encode([after], default, rows.Count + 1, chain.Link));
        Fault(rows).ShouldBe((rows.Count, RowFault.Changed));
    }

    [Fact]
    public void A_position_that_jumps_is_found()
    {
        List<LogRow> rows = Chain([Start()]);
        using var chain = new ChainHash();
        chain.Append(rows[0].Binary.Span);
        rows.Add(new SegmentEncoder().Encode([Event(EventKind.PortRead) with { Position = 2 }], default, 2, chain.Link));

        VerificationFault fault = Verifier.Verify(rows, []).Fault.ShouldNotBeNull();
        fault.Message.ShouldBe("row 2: it begins at position 2 where 1 belongs");
    }

    private static (long Row, RowFault Reason) Fault(IEnumerable<LogRow> rows)
    {
        VerificationFault fault = Verifier.Verify(rows, []).Fault.ShouldNotBeNull();
        return (fault.Row, fault.Reason);
    }

    private static Event Start() => Event(EventKind.SessionStarted);

    private static Event Event(EventKind kind) => new() { Kind = kind, VirtualTime = 1 };

    private static List<LogRow> Chain(params Event[][] groups) => Chain(0, groups);

    private static List<LogRow> Chain(Event[] group, ulong positions) => Chain(positions, group.Select(e => (Event[])[e]).ToArray());

    private static List<LogRow> Chain(ulong position, params Event[][] groups)
    {
        var rows = new List<LogRow>();
        using var chain = new ChainHash();
        var encoder = new SegmentEncoder();
        foreach (Event[] group in groups)
        {
            Event[] placed = [.. group.Select(e => e with { Position = position++ })];
            rows.Add(encoder.Encode(placed, default, rows.Count + 1, chain.Link));
            chain.Append(rows[^1].Binary.Span);
        }

        return rows;
    }

    /// <summary>A session of many small rows, as one that commits often has.</summary>
    private static List<LogRow> LongSession()
    {
        EventBuffer buffer = Samples.Session();
        var rows = new List<LogRow>();
        using var writer = new SegmentWriter();
        for (int i = 0; i < buffer.Count; i += 400)
        {
            writer.Append(buffer.Events.Slice(i, Math.Min(400, buffer.Count - i)), buffer.Arena, rows);
            writer.Flush(rows);
        }

        return rows;
    }

    private HeadSigner NewSigner(string name)
    {
        string path = Path.Combine(folder, name);
        HeadSigner.CreateKey(path);
        return HeadSigner.Load(path);
    }
}
