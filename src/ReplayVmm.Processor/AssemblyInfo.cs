using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ReplayVmm.Processor.Tests")]
[assembly: InternalsVisibleTo("ReplayVmm.Fuzz.Tests")]
[assembly: InternalsVisibleTo("ReplayVmm.Benchmarks")]
