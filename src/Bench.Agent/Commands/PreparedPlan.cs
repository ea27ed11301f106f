using Bench.Domain.Matrix;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Plans;

namespace Bench.Agent.Commands;

/// <summary>A suite's plan on this machine, after the data packages that its cells need were fetched.</summary>
internal static class PreparedPlan
{
    /// <summary>Reads and expands a suite file.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="only">Only cells whose canonical text contains this need their data; null for all.</param>
    /// <param name="cancellation">Ends the fetching.</param>
    /// <exception cref="SuiteException">With every mistake.</exception>
    public static async Task<SuitePlan> ReadAsync(string path, string? only, CancellationToken cancellation)
    {
        var plan = SuiteReader.ReadFile(path, "cpu");
        var missing = plan.Cells.Select(planned => planned.Cell)
            .Where(cell => only is null || cell.CanonicalText.Contains(only, StringComparison.Ordinal))
            .SelectMany(cell => TaskCatalogue.Get(cell.Task).DataPackages(cell)).Where(id => DataFolder.WhyNotPackage(id) is not null).ToList();
        if (missing.Count == 0)
        {
            return plan;
        }

        try
        {
            await new DataPreparation(Console.Error.WriteLine).PrepareMissingAsync(missing, cancellation);
        }
        catch (IOException mistake)
        {
            // Cells without data are ineligible and say so; the others can still run.
            await Console.Error.WriteLineAsync(mistake.Message);
        }

        return SuiteReader.ReadFile(path, "cpu");
    }
}
