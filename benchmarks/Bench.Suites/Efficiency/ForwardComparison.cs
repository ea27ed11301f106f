using System.Diagnostics;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>
/// Forward time of implementations against a baseline. Passes alternate, implementation and baseline in turn, so that a busy machine slows both;
/// the best pass of each counts. With one thread the processor's time is taken, which a busy machine does not lengthen. B = 1, float32, CPU.
/// </summary>
/// <param name="Pattern">The pattern.</param>
/// <param name="Length">N = M.</param>
/// <param name="Heads">H.</param>
/// <param name="HeadSize">D.</param>
/// <param name="Threads">Threads of torch and of our kernels.</param>
/// <param name="Passes">Timed passes of each.</param>
public sealed record ForwardComparison(AttentionPattern Pattern, int Length, int Heads, int HeadSize, int Threads, int Passes)
{
    /// <summary>A pass that would take longer than this many baseline passes is timed once.</summary>
    private const double Slow = 2;

    /// <summary>Compares one after the other, as the rows are asked for.</summary>
    public IEnumerable<ForwardRatio> Run(AttentionEntry baseline, IEnumerable<AttentionEntry> entries)
    {
        set_num_threads(Threads);
        using var reference = new Subject(baseline, this);
        reference.Time();
        var last = reference.Time();
        foreach (var entry in entries)
        {
            var row = Compare(reference, last, entry);
            last = row.Reason is null ? reference.Last : last;
            yield return row;
        }
    }

    private ForwardRatio Compare(Subject reference, double before, AttentionEntry entry)
    {
        Subject subject;
        try
        {
            subject = new Subject(entry, this);
        }
        catch (ArgumentException mistake)
        {
            return new ForwardRatio(entry.Id, Reason: mistake.Message);
        }

        using (subject)
        {
            if (subject.Reason is { } reason)
            {
                return new ForwardRatio(entry.Id, Reason: reason);
            }

            // The first pass compiles kernels and fills caches; the baseline stands before and after.
            var (own, theirs) = (subject.Time(), before);
            for (var pass = own > Slow * theirs ? Passes : 0; pass < Passes; pass++)
            {
                (own, theirs) = (Math.Min(own, subject.Time()), Math.Min(theirs, reference.Time()));
            }

            var (rate, baseRate) = (subject.Flops / own / 1e6, reference.Flops / theirs / 1e6);
            return new ForwardRatio(entry.Id, own, theirs, theirs / own, rate, rate / baseRate);
        }
    }

    /// <summary>An implementation with its inputs, operators as operators and layers as layers.</summary>
    private sealed class Subject : IDisposable
    {
        private readonly DisposeScope _scope = NewDisposeScope();
        private readonly nn.Module _module;
        private readonly Func<Tensor> _pass;

        public Subject(AttentionEntry entry, ForwardComparison comparison)
        {
            manual_seed(3);
            var settings = new AttentionSettings(comparison.Pattern, comparison.Heads, comparison.HeadSize) { MaxLength = comparison.Length };
            var shape = AttentionShape.Square(comparison.Pattern, 1, comparison.Heads, comparison.Length, comparison.HeadSize);
            if (entry.IsLayer)
            {
                var layer = AttentionCatalogue.CreateLayer(entry.Id, settings);
                Tensor Hidden() => randn(1, comparison.Length, settings.ModelSize);
                var inputs = new LayerInputs(Hidden()) { Context = comparison.Pattern.IsCross ? Hidden() : null };
                (_module, Reason, Flops, _pass) = (layer, layer.WhyNot(shape), layer.Cost(shape).Flops, () => layer.forward(inputs));
            }
            else
            {
                var attention = AttentionCatalogue.CreateOperator(entry.Id, settings);
                var inputs = AttentionInputs.Draw(attention, shape, 3, ScalarType.Float32, CPU);
                (_module, Reason, Flops, _pass) = (attention, attention.WhyNot(shape), attention.Cost(shape).Flops, () => attention.forward(inputs));
            }

            _module.eval();
        }

        /// <summary>Why the implementation cannot run the shape, or null.</summary>
        public string? Reason { get; }

        /// <summary>Useful operations of a pass.</summary>
        public double Flops { get; }

        /// <summary>Milliseconds of the newest pass.</summary>
        public double Last { get; private set; }

        /// <summary>Milliseconds of one pass: of the processor with one thread, on the clock with more.</summary>
        public double Time()
        {
            using var scope = NewDisposeScope();
            using var nograd = no_grad();
            var (start, processor) = (Stopwatch.GetTimestamp(), ProcessorClock.Seconds());
            _pass();
            return Last = get_num_threads() == 1
                ? (ProcessorClock.Seconds() - processor) * 1000
                : Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        public void Dispose()
        {
            _module.Dispose();
            _scope.Dispose();
        }
    }
}

/// <summary>One implementation beside the baseline.</summary>
/// <param name="Implementation">Its id.</param>
/// <param name="Milliseconds">Its best pass.</param>
/// <param name="BaselineMilliseconds">The baseline's best pass in the same turns.</param>
/// <param name="TimesFaster">Baseline over implementation.</param>
/// <param name="GigaflopsPerSecond">Useful operations of the definition over time.</param>
/// <param name="ShareOfBaselineRate">That rate over the baseline's.</param>
/// <param name="Reason">Why there are no numbers, or null.</param>
public sealed record ForwardRatio(
    string Implementation,
    double Milliseconds = 0,
    double BaselineMilliseconds = 0,
    double TimesFaster = 0,
    double GigaflopsPerSecond = 0,
    double ShareOfBaselineRate = 0,
    string? Reason = null);
