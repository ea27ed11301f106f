using System.Diagnostics;
using System.Text.Json;
using Bench.Domain.Protocol;

namespace Bench.Faults.Tests;

/// <summary>
/// The machine-readable report of the suite: one entry for each disturbance, rewritten after each. It lies at <c>artifacts/reports/faults.json</c>,
/// or where <c>BENCH_FAULT_REPORT</c> says.
/// </summary>
internal static class FaultReport
{
    private static readonly List<FaultEntry> Entries = [];
    private static readonly JsonSerializerOptions Indented = new(WireJson.Lenient) { WriteIndented = true };

    private static string Location => Environment.GetEnvironmentVariable("BENCH_FAULT_REPORT") is { Length: > 0 } given
        ? given
        : Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "reports", "faults.json"));

    /// <summary>Runs one disturbance and notes how it ended, also when it ended badly.</summary>
    /// <param name="output">Gets the same as one line.</param>
    /// <param name="disturbance">What is done to the system.</param>
    /// <param name="work">Does it and checks the books; answers how often it was done, what the books say, and further words.</param>
    public static async Task RunAsync(ITestOutputHelper output, string disturbance, Func<Task<(int Times, LedgerEntry? Ledger, string Detail)>> work)
    {
        var clock = Stopwatch.StartNew();
        var entry = new FaultEntry(disturbance, 0, Passed: false, 0, null, "It failed; the test's message says how.");
        try
        {
            var (times, ledger, detail) = await work();
            entry = entry with { Times = times, Passed = true, Ledger = ledger, Detail = detail };
        }
        finally
        {
            Write(entry with { Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
            output.WriteLine($"{disturbance} × {entry.Times}: {(entry.Passed ? "passed" : "FAILED")}. {entry.Ledger?.Words} {entry.Detail}");
        }
    }

    private static void Write(FaultEntry entry)
    {
        lock (Entries)
        {
            Entries.RemoveAll(before => before.Disturbance == entry.Disturbance);
            Entries.Add(entry);
            Directory.CreateDirectory(Path.GetDirectoryName(Location)!);
            var document = new FaultDocument(
                "bench-faults/1", Entries.TrueForAll(one => one.Passed), Entries.Sum(one => one.Times), Entries.Sum(one => one.Ledger?.Lost ?? 0),
                Entries.Sum(one => one.Ledger?.Doubled ?? 0), Entries);
            File.WriteAllText(Location, JsonSerializer.Serialize(document, Indented) + "\n");
        }
    }

    private sealed record FaultDocument(string Schema, bool Passed, int Disturbances, int Lost, int Doubled, IReadOnlyList<FaultEntry> Entries);
}

/// <summary>How one disturbance ended.</summary>
/// <param name="Disturbance">What was done.</param>
/// <param name="Times">How often.</param>
/// <param name="Passed">Whether everything held that must hold.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Ledger">What the books say afterwards; null where nothing is queued.</param>
/// <param name="Detail">Further words.</param>
internal sealed record FaultEntry(string Disturbance, int Times, bool Passed, double Seconds, LedgerEntry? Ledger, string Detail);
