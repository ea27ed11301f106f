using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class HeadBackward<TSimd, TVector>
{
    /// <summary>The gradient of the denominator, −(∂o·o)/denominator, taken while the scan has the rows of ∂o at hand.</summary>
    private sealed class DenominatorGradient(HeadBackward<TSimd, TVector> pass) : ScanOutput
    {
        private readonly TokenRows _output = pass._rows.Of(pass._tensors.Output);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Take(in TakenTokens tokens)
        {
            for (var j = 0; j < tokens.Count; j++)
            {
                var token = tokens.First + (j * tokens.Step);
                var product = Rows<TSimd, TVector>.Dot(
                    tokens.Right + (j * tokens.PitchRight), _output.Start + (token * _output.Stride), pass._valueSize);
                pass._denominators[token] = -product * pass._outputGradient.TokenFactor[token];
            }
        }
    }
}
