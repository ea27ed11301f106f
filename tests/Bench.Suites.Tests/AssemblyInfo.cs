using Xunit.Sdk;
using Xunit.v3;

// The laws seed torch's generator, and a process has only one.
[assembly: Parallelization(Mode = ParallelMode.None)]
