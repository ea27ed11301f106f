namespace Bench.Suites.Plans;

/// <summary>A suite as its YAML file says it; every name is checked by <see cref="SuiteReader"/> before anything runs.</summary>
public sealed class SuiteFile
{
    /// <summary>Kebab-case name.</summary>
    public string? Name { get; set; }

    /// <summary>One line for people.</summary>
    public string? Title { get; set; }

    /// <summary>What it answers and how long it takes.</summary>
    public string? Description { get; set; }

    /// <summary>Effort for every entry that says nothing else.</summary>
    public Dictionary<string, string>? Budget { get; set; }

    /// <summary>Groups of cells.</summary>
    public List<SuiteEntry>? Cells { get; set; }

    /// <summary>Bounds that the measured figures are held against after a run; none when absent.</summary>
    public List<SuiteTarget>? Targets { get; set; }
}

/// <summary>A group of cells: all combinations of what is listed.</summary>
public sealed class SuiteEntry
{
    /// <summary>Task id.</summary>
    public string? Task { get; set; }

    /// <summary>Implementation ids; <c>*</c> stands for any part of an id, a leading <c>!</c> takes out again.</summary>
    public List<string>? Implementations { get; set; }

    /// <summary>Patterns; all four when absent.</summary>
    public List<string>? Patterns { get; set; }

    /// <summary>Query lengths N.</summary>
    public List<int>? Lengths { get; set; }

    /// <summary>Key lengths M of cross patterns, each with every N; M = N when absent.</summary>
    public List<int>? SourceLengths { get; set; }

    /// <summary>B.</summary>
    public int Batch { get; set; } = 1;

    /// <summary>H.</summary>
    public int Heads { get; set; } = 8;

    /// <summary>D.</summary>
    public int HeadSize { get; set; } = 64;

    /// <summary>Element types.</summary>
    public List<string> Dtypes { get; set; } = ["float32"];

    /// <summary>Kind of device; the agent's own when absent.</summary>
    public string? Device { get; set; }

    /// <summary>Options of the implementations; each value may be a list, and every combination becomes a cell.</summary>
    public Dictionary<string, object>? Options { get; set; }

    /// <summary>Parameters of the task; each value may be a list, and every combination becomes a cell.</summary>
    public Dictionary<string, object>? Parameters { get; set; }

    /// <summary>Seeds; 1 when absent.</summary>
    public List<int>? Seeds { get; set; }

    /// <summary>Effort that differs from the suite's.</summary>
    public Dictionary<string, string>? Budget { get; set; }
}
