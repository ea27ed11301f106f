namespace Bench.Domain.Protocol;

/// <summary>Which versions of the agent protocol a server of a given version understands: its own and two before it.</summary>
/// <param name="Newest">The server's own version.</param>
public readonly record struct ProtocolRange(int Newest)
{
    private const int StepsBack = 2;

    /// <summary>What this build understands.</summary>
    public static ProtocolRange Present { get; } = new(WireJson.ProtocolVersion);

    /// <summary>The oldest version that is understood.</summary>
    public int Oldest => Math.Max(1, Newest - StepsBack);

    /// <summary>Whether a partner of this version is understood. A newer one is not: servers are replaced before agents.</summary>
    public bool Includes(int version) => version >= Oldest && version <= Newest;
}
