using Bench.Domain.Matrix;
using Bench.Web.Components.Layout;

namespace Bench.Web.Features.Curves;

/// <summary>The filter row of the curves: what can be chosen, from what was measured.</summary>
internal static class CurvesFilters
{
    /// <summary>One filter for each part of the choice.</summary>
    public static IReadOnlyList<Filter> Of(CurveSheet sheet, ViewAddress address) =>
    [
        Filter.Of(address, "pattern", "pattern", sheet.Filter.Pattern?.Name, sheet.Patterns.Select(pattern => (pattern.Name, pattern.Name.Replace('-', ' ')))),
        Filter.Of(address, "pass", "task", sheet.Filter.Task, sheet.Tasks.Select(task => (task, Word(task)))),
        Filter.Of(address, "device", "group", sheet.Filter.Group, sheet.Groups.Select(group => (group.Key, group.Device))),
        Filter.Of(address, "shape", "shape", sheet.Filter.Shape, sheet.Shapes.Select(shape => (shape.ToString(), shape.ToString()))),
        Filter.Of(address, "baseline", "baseline", sheet.Baseline, sheet.Curves.Select(curve => (curve.Id, curve.Id))),
    ];

    private static string Word(string task) => task[(task.IndexOf('/', StringComparison.Ordinal) + 1)..].Replace('-', ' ');
}
