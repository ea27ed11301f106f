namespace Bench.Suites.Data;

/// <summary>Data that a task needs are not on this machine; the message says what, where they come from and what to do.</summary>
public sealed class DataMissingException(string message) : DirectoryNotFoundException(message);
