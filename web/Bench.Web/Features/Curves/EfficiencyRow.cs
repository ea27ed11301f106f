using Bench.Domain.Analysis;
using Bench.Web.Components.Charts;

namespace Bench.Web.Features.Curves;

/// <summary>One row of the table of efficiency lengths.</summary>
/// <param name="Id">Implementation with its options.</param>
/// <param name="Href">Address of the mechanism's page.</param>
/// <param name="Style">Look on the charts.</param>
public sealed record EfficiencyRow(string Id, string Href, SeriesStyle Style)
{
    /// <summary>Whether the others are compared with it.</summary>
    public bool IsBaseline { get; init; }

    /// <summary>Whether the chart leaves it out.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Address of the view in which it is hidden or shown.</summary>
    public string ToggleHref { get; init; } = "";

    /// <summary>From which length on it is faster.</summary>
    public EfficiencyLength? Time { get; init; }

    /// <summary>From which length on it needs less memory.</summary>
    public EfficiencyLength? Memory { get; init; }

    /// <summary>From which length on the roofline lets it be faster.</summary>
    public EfficiencyLength? Predicted { get; init; }
}
