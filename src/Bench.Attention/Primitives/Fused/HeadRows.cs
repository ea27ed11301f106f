namespace Bench.Attention.Primitives.Fused;

/// <summary>The rows of one head as scans take them.</summary>
internal readonly unsafe struct HeadRows
{
    private readonly HeadTensors _tensors;
    private readonly long _batch;
    private readonly long _head;

    public HeadRows(HeadTensors tensors, long batch, long head) => (_tensors, _batch, _head) = (tensors, batch, head);

    /// <summary>Where queries lie that have been through the feature map, contiguous; null when there is no such place.</summary>
    public float* QueryFeatures { get; init; }

    /// <summary>Where keys lie that have been through the feature map, contiguous; null when there is no such place.</summary>
    public float* KeyFeatures { get; init; }

    /// <summary>Where the first scan puts the logarithms of decays that it makes of their rates, contiguous; null when there is no such place.</summary>
    public float* DecayLogs { get; init; }

    /// <summary>Scaled queries, through the feature map.</summary>
    public TokenRows Query => QueryFeatures != null
        ? new() { Start = QueryFeatures, Stride = _tensors.KeySize, Factor = _tensors.Scale }
        : Of(_tensors.Query, _tensors.Scale) with { EluPlusOne = _tensors.EluPlusOne };

    /// <summary>Keys, through the feature map.</summary>
    public TokenRows Key => KeyFeatures != null
        ? new() { Start = KeyFeatures, Stride = _tensors.KeySize, Factor = 1 }
        : FirstKey;

    /// <summary>Keys for the scan that comes first and puts the features where later ones find them.</summary>
    public TokenRows FirstKey => Of(_tensors.Key) with { EluPlusOne = _tensors.EluPlusOne, Features = KeyFeatures };

    public TokenRows Value => Of(_tensors.Value);

    /// <summary>What a correction reads: a, or −κ̂ where the tensor still is κ̂.</summary>
    public TokenRows CorrectionRead => Of(_tensors.CorrectionRead!, _tensors.FromUnitKey ? -1 : 1);

    /// <summary>Where a correction writes: b, or κ̂ ⊙ ι where the tensors still are κ̂ and ι.</summary>
    public TokenRows CorrectionWrite => _tensors.FromUnitKey
        ? Of(_tensors.CorrectionRead!) with { Times = _tensors.CorrectionWrite!.Head(_batch, _head), TimesStride = _tensors.CorrectionWrite.Stride }
        : Of(_tensors.CorrectionWrite!);

    /// <summary>Rows of a tensor of this head.</summary>
    public TokenRows Of(TensorView view, float factor = 1) => new() { Start = view.Head(_batch, _head), Stride = view.Stride, Factor = factor };

    /// <summary>Puts the head's decay into a scan.</summary>
    public void Decays(Scan scan, DecayAxis axis)
    {
        FirstDecays(scan, axis);
        if (DecayLogs != null)
        {
            scan.Decay = DecayLogs;
            scan.DecayStride = scan.DecayWidth;
            scan.DecayIsRate = false;
            scan.KeptDecay = null;
        }
    }

    /// <summary>The same for the scan that comes first and puts the logarithms where later ones find them.</summary>
    public void FirstDecays(Scan scan, DecayAxis axis)
    {
        if (_tensors.Decay is { } decay)
        {
            scan.Decay = decay.Head(_batch, _head);
            scan.DecayStride = decay.Stride;
            scan.DecayWidth = decay.Width;
            scan.DecayIsRate = _tensors.FromUnitKey;
            scan.KeptDecay = DecayLogs;
            scan.Axis = axis;
        }
    }
}
