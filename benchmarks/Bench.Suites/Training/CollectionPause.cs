using System.Runtime;

namespace Bench.Suites.Training;

/// <summary>
/// Keeps the runtime from collecting garbage while torch computes, and collects between two steps instead.
/// </summary>
/// <remarks>
/// TorchSharp hands the address of a temporary scalar to native code without keeping the object alive. As long as only one thread allocates, no
/// collection can fall into such a call; with batches made on a second thread it can, and the call then reads freed memory ("Unknown scalar
/// type").
/// </remarks>
internal sealed class CollectionPause : IDisposable
{
    private const long Budget = 128L << 20;
    private long _start;

    /// <summary>Collections of this process that fell between two steps by intent, those of the runtime's own to make room included.</summary>
    public static int Deliberate { get; private set; }

    /// <summary>To be called between two steps, when no native call is under way.</summary>
    public void Renew()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion && GC.GetTotalAllocatedBytes() - _start < Budget / 2)
        {
            return;
        }

        var before = GC.CollectionCount(0);
        Dispose();
        // The one moment at which a collection is harmless; see the remarks.
#pragma warning disable RS0030
        GC.Collect();
#pragma warning restore RS0030
        GC.TryStartNoGCRegion(Budget);
        _start = GC.GetTotalAllocatedBytes();
        Deliberate += GC.CollectionCount(0) - before;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // The runtime leaves the region by itself when its budget is spent.
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }
    }
}
