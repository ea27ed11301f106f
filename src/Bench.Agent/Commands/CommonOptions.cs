using System.CommandLine;
using System.CommandLine.Parsing;
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
        CustomParser = ParseServer,
    };

    /// <summary>The library reads no addresses by itself.</summary>
    private static Uri? ParseServer(ArgumentResult parsed)
    {
        var text = parsed.Tokens.Count == 1 ? parsed.Tokens[0].Value : "";
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
        {
            // Relative addresses are resolved below it, so it ends with a slash.
            return address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
        }

        parsed.AddError($"'{text}' is no address of a server; write it like https://bench.example.org/.");
        return null;
    }

    public static Option<string> Home() => new("--home")
    {
        Description = "Folder of this agent: its identity and its unsent results (environment: BENCH_AGENT_HOME).",
        DefaultValueFactory = _ => AgentHome.Default,
    };
}
