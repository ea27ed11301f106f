using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>The forward pass of one head.</summary>
internal static unsafe class HeadForward<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Scans the head and writes output, final state and what the backward pass wants kept.</summary>
    public static void Run(HeadTensors tensors, long batch, long head)
    {
        var (keySize, valueSize) = (tensors.KeySize, tensors.ValueSize);
        using var scanner = new Scanner<TSimd, TVector>(keySize, valueSize);
        using var arena = new Arena();
        scanner.Put(tensors.State == null ? null : tensors.State.Head(batch, head), keySize, valueSize, valueSize, 1);
        var rows = new HeadRows(tensors, batch, head);
        var scan = new Scan
        {
            Length = (nint)tensors.Length,
            Rows = keySize,
            Columns = valueSize,
            Write0 = rows.Key with { AfterDecay = true },
            Right0 = rows.Value,
            ReadX = rows.Query with { AfterDecay = !tensors.ReadsFirst },
            X = new OutputRows { Start = tensors.Output.Head(batch, head) },
        };
        if (tensors.NormaliserEpsilon is { } epsilon)
        {
            scan.Output = new NormalisedOutput(tensors, batch, head, scanner.RowPitch, epsilon, arena);
        }

        rows.Decays(scan, DecayAxis.Rows);
        if (tensors.Strength != null)
        {
            scan.Dependent = rows.Key with { AfterDecay = true, Factor = -1 };
            scan.Strength = tensors.Strength.Head(batch, head);
            scan.Kept = tensors.Kept == null ? null : tensors.Kept.Head(batch, head);
            scanner.Run<DeltaForward>(scan);
        }
        else if (tensors.CorrectionRead != null)
        {
            scan.Dependent = rows.CorrectionRead;
            scan.Write1 = rows.CorrectionWrite with { AfterDecay = true };
            scan.Kept = tensors.Kept == null ? null : tensors.Kept.Head(batch, head);
            scanner.Run<CorrectionForward>(scan);
        }
        else if (tensors.ReadsFirst)
        {
            scanner.Run<ReadWrite>(scan);
        }
        else
        {
            scanner.Run<WriteRead>(scan);
        }

        scanner.Get(tensors.FinalState.Head(batch, head), keySize, valueSize);
        (scan.Output as NormalisedOutput)?.Finish(tensors.FinalNormaliser!.Head(batch, head));
    }

    /// <summary>
    /// Divides what queries read by q·z + ε. The products are taken beside the state's own arithmetic and wanted only after it: dividing the queries would
    /// let every read of the block wait for them.
    /// </summary>
    private sealed class NormalisedOutput : ScanOutput
    {
        private readonly float* _denominator;
        private readonly float* _sum;
        private readonly int _keySize;
        private readonly int _valueSize;
        private readonly int _pitch;
        private readonly float _epsilon;

        public NormalisedOutput(HeadTensors tensors, long batch, long head, int pitch, float epsilon, Arena arena)
        {
            (_keySize, _valueSize, _pitch, _epsilon) = (tensors.KeySize, tensors.ValueSize, pitch, epsilon);
            _denominator = tensors.Denominator!.Head(batch, head);
            _sum = arena.Take(_pitch);
            if (tensors.Normaliser is { } initial)
            {
                new ReadOnlySpan<float>(initial.Head(batch, head), _keySize).CopyTo(new Span<float>(_sum, _keySize));
            }
        }

        public override bool Prepares => true;

        public override void Prepare(nint token, int count, float* left) => RunningSum<TSimd, TVector>.Accumulate(
            _sum, new TokenSpan(left, 4 * _pitch), new TokenSpan(left + (2 * _pitch), 4 * _pitch), _denominator + token, count, _pitch);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Adjust(nint token, int count, float* x, nint pitch)
        {
            for (var j = 0; j < count; j++, x += pitch)
            {
                var denominator = _denominator[token + j] += _epsilon;
                Rows<TSimd, TVector>.Scaled(x, x, 1 / denominator, _valueSize);
            }
        }

        public void Finish(float* normaliser) => new ReadOnlySpan<float>(_sum, _keySize).CopyTo(new Span<float>(normaliser, _keySize));
    }
}
