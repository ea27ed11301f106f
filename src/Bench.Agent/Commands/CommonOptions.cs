using System.CommandLine;

namespace Bench.Agent.Commands;

/// <summary>Options that several commands share, so that they are spelled and described alike.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document on standard output and nothing else." };
}
