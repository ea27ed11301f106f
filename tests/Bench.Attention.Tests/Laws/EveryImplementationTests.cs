namespace Bench.Attention.Tests.Laws;

/// <summary>
/// The laws that every implementation of the catalogue inherits, one file for each group of laws. The data of every law is the scan of the
/// assembly, so that a new mechanism is under all of them without a line here.
/// </summary>
public sealed partial class EveryImplementationTests;
