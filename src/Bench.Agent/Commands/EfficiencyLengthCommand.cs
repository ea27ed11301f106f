using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bench.Domain.Analysis;
using Bench.Domain.Protocol;

namespace Bench.Agent.Commands;

/// <summary><c>bench analyze efficiency-length FILE</c>: from which length every implementation is cheaper than the baseline.</summary>
internal static class EfficiencyLengthCommand
{
    // Resampling is seeded, so the same file gives the same interval on every machine.
    private const long Seed = 20_220_711;

    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE")
        {
            Description = "CSV, wide (implementation,256,512,…) or long (mechanism,sequence_length,time_ms). Repeated rows are "
                + "repetitions; OOM and T/O mark failures.",
        };
        var protocol = new Option<string>("--protocol")
        {
            Description = "measured: crossing of the measured medians in log-log space. cab: CAB's published fit.",
            DefaultValueFactory = _ => MeasuredEfficiencyLength.Protocol,
        };
        protocol.AcceptOnlyFromAmong(MeasuredEfficiencyLength.Protocol, CabEfficiencyLength.Protocol);
        var quantity = new Option<string?>("--quantity")
        {
            Description = "time or memory; read from the header or the file name where they say it, else time. Only CAB's fit depends on "
                + "it.",
        };
        quantity.AcceptOnlyFromAmong("time", "memory");
        var baseline = new Option<string?>("--baseline")
        {
            Description = "Row to compare with; vanilla or a softmax implementation by "
            + "default."
        };
        var json = CommonOptions.Json();
        var command = new Command("efficiency-length", "The sequence length from which each implementation is cheaper than the baseline.")
        {
            file, protocol, quantity, baseline, json,
        };
        command.SetAction(parsed => AnalyzeCommand.OnFile(parsed.GetValue(file)!, text =>
        {
            var table = CostTable.Parse(text);
            var kind = CostTable.QuantityOf(parsed.GetValue(quantity) ?? "") ?? table.Quantity
                ?? CostTable.QuantityOf(parsed.GetValue(file)!.Name) ?? CostQuantity.Time;
            var reference = table.Baseline(parsed.GetValue(baseline));
            var methods = table.Curves.Where(curve => curve != reference).ToList();
            if (parsed.GetValue(json))
            {
                var lengths = methods.Select(method => Of(parsed.GetValue(protocol)!, reference, method, kind));
                Console.WriteLine(JsonSerializer.Serialize(lengths.Select(JsonRow.Of), WireJson.Strict));
            }
            else
            {
                Print(parsed.GetValue(protocol)!, reference, methods, kind);
            }
        }));
        return command;
    }

    private static EfficiencyLength Of(string protocol, CostCurve baseline, CostCurve method, CostQuantity quantity) =>
        protocol == CabEfficiencyLength.Protocol
            ? CabEfficiencyLength.Of(baseline, method, quantity, Seed)
            : MeasuredEfficiencyLength.Of(baseline, method, Seed);

    /// <summary>The wanted protocol first and the other beside it, since one alone can mislead.</summary>
    private static void Print(string protocol, CostCurve baseline, List<CostCurve> methods, CostQuantity quantity)
    {
        Console.WriteLine($"Efficiency length in tokens, {(quantity == CostQuantity.Time ? "time" : "memory")}, baseline "
            + $"{baseline.Implementation}; protocol {protocol} first.");
        string[] protocols = protocol == CabEfficiencyLength.Protocol
            ? [CabEfficiencyLength.Protocol, MeasuredEfficiencyLength.Protocol]
            : [MeasuredEfficiencyLength.Protocol, CabEfficiencyLength.Protocol];
        Console.WriteLine($"{"implementation",-28} {"protocol",-9} {"length",10} {"interval",19} {"R²",7}  crossings");
        foreach (var length in methods.SelectMany(method => protocols.Select(name => Of(name, baseline, method, quantity))))
        {
            var interval = length.Interval is { } ends ? $"[{ends.Lower:0.0}, {ends.Upper:0.0}]{(length.IntervalTouchesEdge ? "*" : "")}" : "n/a";
            var crossings = length.Crossings.Count > 0 ? string.Join(", ", length.Crossings.Select(crossing => $"{crossing:0.0}")) : "none";
            Console.WriteLine(
                $"{length.Implementation,-28} {length.Protocol,-9} {length.Text,10} {interval,19} "
                    + $"{(length.RSquared is { } r2 ? $"{r2:0.0000}" : "n/a"),7}  {crossings} {Remark(length)}"
                    .TrimEnd());
        }

        Console.WriteLine("* touches the edge of the measured range. n/a: one repetition has no spread, and joined medians have no R².");
    }

    private static string Remark(EfficiencyLength length) => string.Join(' ', new[]
    {
        length.Protocol == CabEfficiencyLength.Protocol && length.Value is not null ? "(a fit, not a measured crossing)" : "",
        length.IsExtrapolated ? $"(outside the measured {length.Range.First}–{length.Range.Last})" : "",
        length.Censoring == Censoring.BetweenLengths ? "(the baseline failed here; the crossing lies inside the interval)" : "",
        length.Note ?? "",
    }.Where(remark => remark.Length > 0));

    /// <summary>One object of the JSON form; absent numbers are null, not left out.</summary>
    private sealed record JsonRow
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required string Implementation { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required double? EfficiencyLength { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required double? Lower { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required double? Upper { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required bool Censored { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required double? R2 { get; init; }

        public required string Protocol { get; init; }

        public required Censoring Censoring { get; init; }

        public required bool Extrapolated { get; init; }

        public required IReadOnlyList<double> Crossings { get; init; }

        public string? Note { get; init; }

        public static JsonRow Of(EfficiencyLength length) => new()
        {
            Implementation = length.Implementation,
            EfficiencyLength = length.Value,
            Lower = length.Interval?.Lower,
            Upper = length.Interval?.Upper,
            Censored = length.Censoring != Censoring.None || length.IntervalTouchesEdge,
            R2 = length.RSquared,
            Protocol = length.Protocol,
            Censoring = length.Censoring,
            Extrapolated = length.IsExtrapolated,
            Crossings = length.Crossings,
            Note = length.Note,
        };
    }
}
