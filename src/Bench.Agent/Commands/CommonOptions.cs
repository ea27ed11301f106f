using System.CommandLine;
using Bench.Agent.Loop;

namespace Bench.Agent.Commands;

/// <summary>Options that several commands share, so that they are spelled and described alike.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document on standard output and nothing else." };

    public static Option<Uri> Server() => new("--server")
    {
        Description = "Base address of the server (environment: BENCH_SERVER).",
        DefaultValueFactory = _ => new Uri(Environment.GetEnvironmentVariable("BENCH_SERVER") ?? "http://localhost:5210/"),
    };

    public static Option<string> Home() => new("--home")
    {
        Description = "Folder of this agent: its identity and its unsent results (environment: BENCH_AGENT_HOME).",
        DefaultValueFactory = _ => AgentHome.Default,
    };
}
