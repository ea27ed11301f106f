using Bench.Data.Agents;

namespace Bench.Web.Auth;

/// <summary>What people may do.</summary>
internal static class Roles
{
    /// <summary>Reads.</summary>
    public const string Viewer = "viewer";

    /// <summary>Pushes and queues suites as well.</summary>
    public const string Submitter = "submitter";

    /// <summary>Everything.</summary>
    public const string Maintainer = "maintainer";

    /// <summary>All, from the least to the most.</summary>
    public static IReadOnlyList<string> All { get; } = [Viewer, Submitter, Maintainer];

    /// <summary>Scopes of a role.</summary>
    public static IReadOnlyList<string> ScopesOf(string role) => role switch
    {
        Maintainer => [Scopes.WriteSuites, Scopes.Administer],
        Submitter => [Scopes.WriteSuites],
        _ => [],
    };
}
