using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ReplayVmm.Conformance.Tests")]
