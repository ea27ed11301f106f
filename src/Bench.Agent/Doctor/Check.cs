namespace Bench.Agent.Doctor;

/// <summary>How a check went.</summary>
internal enum CheckStatus
{
    /// <summary>As it should be.</summary>
    Pass,

    /// <summary>Numbers will be noisier or less complete than they could be.</summary>
    Warn,

    /// <summary>The agent cannot do its work.</summary>
    Fail,
}

/// <summary>One finding about the host.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status">How it is.</param>
/// <param name="Found">What is true, with its unit.</param>
/// <param name="Remedy">What to do; empty when it passes.</param>
internal sealed record Check(string Name, CheckStatus Status, string Found, string Remedy = "")
{
    public static Check Of(string name, bool good, string found, string remedy, CheckStatus otherwise = CheckStatus.Warn) =>
        new(name, good ? CheckStatus.Pass : otherwise, found, good ? "" : remedy);
}
