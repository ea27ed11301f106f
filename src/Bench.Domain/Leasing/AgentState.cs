namespace Bench.Domain.Leasing;

/// <summary>Whether an agent may claim work. Online, late and offline are not states: they follow from the age of the last message.</summary>
public enum AgentState
{
    /// <summary>May claim.</summary>
    Active,

    /// <summary>Finishes what it holds and gets nothing new.</summary>
    Draining,

    /// <summary>Gets nothing until a maintainer looks at it.</summary>
    Quarantined,

    /// <summary>Its keys are withdrawn.</summary>
    Retired,
}
