using System.Runtime.Intrinsics;
using Bench.Attention.Primitives.Fused;
using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// One pass over the tokens with the state in cache, in vector instructions, one head per task: O(N·D·E) time, no memory but the output.
/// Backward scans the adjoint state, and the state once more, without storing either. On CPU in float32; other devices and element types
/// take the chunked form.
/// </summary>
public sealed class FusedForm : RecurrenceForm
{
    private const int LargestHead = 512;

    private readonly int _lanes;

    /// <summary>A form of a given vector width, for tests of the narrower paths.</summary>
    /// <param name="lanes">Floats per vector: 16, 8 or 1.</param>
    internal FusedForm(int lanes) => _lanes = lanes;

    /// <summary>The widest vectors of this machine.</summary>
    public static FusedForm Instance { get; } = new(Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 1);

    /// <inheritdoc />
    protected override bool TakesRawFeatures => true;

    /// <inheritdoc />
    public override double ActivationElements(AttentionShape shape) => OutputAndState(shape);

    /// <inheritdoc />
    protected override RecurrenceResult Compute(Recurrence recurrence)
    {
        if (!Fits(recurrence))
        {
            return ChunkedForm.Default.Run(recurrence);
        }

        var result = FusedRecurrence.Run(recurrence, _lanes);
        if (recurrence.Bonus is not { } bonus)
        {
            return result;
        }

        var own = (recurrence.Query * (bonus.unsqueeze(1) * recurrence.Scale) * recurrence.Key).sum(-1, keepdim: true); // [B, H, N, 1]
        return result with { Output = result.Output + (own * recurrence.Value) };
    }

    private static bool Fits(Recurrence recurrence) =>
        recurrence.Key.device_type == TorchSharp.DeviceType.CPU
        && recurrence.Tensors().All(tensor => tensor is null || tensor.dtype == ScalarType.Float32)
        && recurrence.Key.shape[3] <= LargestHead && recurrence.Value.shape[3] <= LargestHead
        && (recurrence.NormaliserEpsilon is null || (recurrence.LogDecay is null && !recurrence.Corrects && recurrence.Bonus is null))
        && (!recurrence.EluPlusOne || recurrence.LogDecay is null && !recurrence.Corrects);
}
