using Xunit.Sdk;
using Xunit.v3;

// Each disturbance has the machine for itself.
[assembly: Parallelization(Mode = ParallelMode.None)]
