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
        };
        if (tensors.NormaliserEpsilon is { } epsilon)
        {
            scan.Output = new NormalisedOutput(tensors, batch, head, scanner.RowPitch, epsilon, arena);
        }
        else
        {
            scan.DirectX = tensors.Output.Head(batch, head);
        }

        rows.Decays(scan, DecayAxis.Rows);
        if (tensors.Strength != null)
        {
            scan.Dependence = Dependence.Delta;
            scan.Dependent = rows.Key with { AfterDecay = true };
            scan.Strength = tensors.Strength.Head(batch, head);
            scan.Kept = tensors.Kept == null ? null : tensors.Kept.Head(batch, head);
            scanner.Run<WriteRead>(scan);
        }
        else if (tensors.CorrectionRead != null)
        {
            scan.Dependence = Dependence.Correction;
            scan.Dependent = rows.CorrectionRead;
            scan.Write1 = rows.CorrectionWrite with { AfterDecay = true };
            scan.Kept = tensors.Kept == null ? null : tensors.Kept.Head(batch, head);
            scanner.Run<WriteWriteRead>(scan);
        }
        else if (tensors.ReadsFirst)
        {
            scanner.Run<ReadWrite>(scan);
        }
        else
        {
            scanner.Run<WriteRead>(scan);
        }

        scanner.Get(tensors.FinalState.Head(batch, head), keySize, valueSize, valueSize, 1);
        (scan.Output as NormalisedOutput)?.Finish(tensors.FinalNormaliser!.Head(batch, head));
    }

    /// <summary>Divides what was read by q·z + ε.</summary>
    private sealed class NormalisedOutput : ScanOutput
    {
        private readonly float* _to;
        private readonly float* _denominator;
        private readonly float* _sum;
        private readonly int _keySize;
        private readonly int _valueSize;
        private readonly int _pitch;
        private readonly float _epsilon;

        public NormalisedOutput(HeadTensors tensors, long batch, long head, int pitch, float epsilon, Arena arena)
        {
            (_keySize, _valueSize, _pitch, _epsilon) = (tensors.KeySize, tensors.ValueSize, pitch, epsilon);
            _to = tensors.Output.Head(batch, head);
            _denominator = tensors.Denominator!.Head(batch, head);
            _sum = arena.Take(_keySize);
            if (tensors.Normaliser is { } initial)
            {
                new ReadOnlySpan<float>(initial.Head(batch, head), _keySize).CopyTo(new Span<float>(_sum, _keySize));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Take(nint token, float* x, float* y, float* left, float* right)
        {
            Rows<TSimd, TVector>.AddScaled(_sum, left, 1, _keySize);
            var denominator = Rows<TSimd, TVector>.Dot(left + (2 * _pitch), _sum, _keySize) + _epsilon;
            _denominator[token] = denominator;
            Rows<TSimd, TVector>.Scaled(_to + (token * _valueSize), x, 1 / denominator, _valueSize);
        }

        public void Finish(float* normaliser) => new ReadOnlySpan<float>(_sum, _keySize).CopyTo(new Span<float>(normaliser, _keySize));
    }
}
