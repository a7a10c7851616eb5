using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>What a session may be called, and which session a name means.</summary>
internal static class SessionNames
{
    private const int LongestName = 200;

    /// <summary>Refuses a name that could not be typed or shown.</summary>
    public static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl) || name[0] == '-')
        {
            throw new LogException(
                LogTrouble.BadRequest,
                $"a session's name has 1 to {LongestName} characters, none of them a control character, and does not begin with '-'");
        }
    }

    /// <summary>An exact name, an exact id, or the only prefix of either.</summary>
    public static SessionInfo Find(string text, IReadOnlyList<SessionInfo> sessions, string where)
    {
        SessionInfo? exact = sessions.FirstOrDefault(s => s.Name == text)
            ?? (Guid.TryParse(text, out Guid id) ? sessions.FirstOrDefault(s => s.Id == id) : null);
        if (exact is not null)
            return exact;

        SessionInfo[] matches = text.Length == 0 ? [] : [.. sessions.Where(s => HasPrefix(s, text))];
        return matches switch
        {
            [var only] => only,
            [] => throw new LogException(LogTrouble.BadRequest, Missing(text, sessions, where)),
            _ => throw new LogException(
                LogTrouble.BadRequest,
                $"'{Shown(text)}' could be any of {matches.Length} sessions: {Names(matches)}; give more of its name or id"),
        };
    }

    private static bool HasPrefix(SessionInfo session, string text) =>
        session.Name.StartsWith(text, StringComparison.Ordinal)
        || session.Id.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase);

    private static string Missing(string text, IReadOnlyList<SessionInfo> sessions, string where)
    {
        string start = $"no session '{Shown(text)}' in {where}";
        if (sessions.Count == 0)
            return $"{start}; it holds no sessions yet: replayvmm record makes one";
        SessionInfo[] near = [.. sessions
            .Select(s => (Session: s, Distance: Distance(text, s.Name)))
            .Where(s => s.Distance <= Math.Max(2, text.Length / 3))
            .OrderBy(s => s.Distance)
            .Select(s => s.Session)];
        return near.Length == 0 ? $"{start}; replayvmm list shows them" : $"{start}; near: {Names(near)}";
    }

    private static string Names(SessionInfo[] sessions) =>
        string.Join(", ", sessions.Take(5).Select(s => s.Name)) + (sessions.Length > 5 ? ", …" : "");

    private static string Shown(string text) => text.Length <= LongestName ? text : text[..LongestName] + "…";

    /// <summary>Edits between two names: insertions, deletions, replacements.</summary>
    private static int Distance(string a, string b)
    {
        if (a.Length > LongestName)
            return int.MaxValue;
        int[] previous = [.. Enumerable.Range(0, b.Length + 1)];
        int[] current = new int[b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = previous[j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                current[j] = Math.Min(change, Math.Min(previous[j], current[j - 1]) + 1);
            }
            (previous, current) = (current, previous);
        }
        return previous[b.Length];
    }
}
