using System.Runtime.CompilerServices;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>A case broke a promise.</summary>
public sealed class FuzzException : Exception
{
    /// <summary>Says which.</summary>
    public FuzzException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Fails the case unless <paramref name="promise"/> holds. The message is only put together then.</summary>
    public static void Unless(bool promise, [InterpolatedStringHandlerArgument(nameof(promise))] ref Complaint complaint)
    {
        if (!promise)
            throw new FuzzException(complaint.Text);
    }

    /// <summary>Fails the case unless <paramref name="promise"/> holds.</summary>
    public static void Unless(bool promise, string complaint)
    {
        if (!promise)
            throw new FuzzException(complaint);
    }

    /// <summary>A message that nobody may ask for.</summary>
    [InterpolatedStringHandler]
    public ref struct Complaint
    {
        private DefaultInterpolatedStringHandler text;

        /// <summary>Called by the compiler.</summary>
        public Complaint(int literalLength, int formattedCount, bool promise, out bool wanted)
        {
            wanted = !promise;
            text = wanted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        internal string Text => text.ToStringAndClear();

        /// <summary>Called by the compiler.</summary>
        public void AppendLiteral(string value) => text.AppendLiteral(value);

        /// <summary>Called by the compiler.</summary>
        public void AppendFormatted<T>(T value, string? format = null) => text.AppendFormatted(value, format);
    }
}
