using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bench.Attention.SequenceParallel;

/// <summary>A ring of workers over loopback sockets; float32 and float64 tensors travel as they lie in memory, after a header with their sizes.</summary>
public sealed class SocketRing : IWorkerRing, IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private TcpClient? _next;
    private TcpClient? _previous;

    /// <summary>Listens on a free port; the worker before connects to it.</summary>
    public SocketRing(int rank, int size)
    {
        (Rank, Size) = (rank, size);
        _listener.Start(1);
    }

    /// <summary>The port on which this worker listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <inheritdoc />
    public int Rank { get; }

    /// <inheritdoc />
    public int Size { get; }

    /// <inheritdoc />
    public long BytesSent { get; private set; }

    /// <summary>Connects to the next worker and waits for the one before.</summary>
    /// <param name="nextPort">Port of the next worker.</param>
    public void Connect(int nextPort)
    {
        _next = new TcpClient { NoDelay = true };
        _next.Connect(IPAddress.Loopback, nextPort);
        _previous = _listener.AcceptTcpClient();
        _previous.NoDelay = true;
    }

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">The ring is not connected.</exception>
    public Tensor Shift(Tensor own)
    {
        if (_next is not { } next || _previous is not { } previous)
        {
            throw new InvalidOperationException($"Worker {Rank} is not connected; call {nameof(Connect)} first.");
        }

        using var whole = own.detach().contiguous();
        // Everyone sends at once, so nobody may wait for his message to be read before he reads.
        var sending = new Thread(() => Send(next.GetStream(), whole)) { Name = "send", IsBackground = true };
        sending.Start();
        var received = Receive(previous.GetStream(), own.dtype);
        sending.Join();
        BytesSent += whole.numel() * whole.element_size();
        return received;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _next?.Dispose();
        _previous?.Dispose();
        _listener.Dispose();
    }

    private static void Send(NetworkStream stream, Tensor tensor)
    {
        long[] header = [tensor.dim(), .. tensor.shape];
        stream.Write(MemoryMarshal.AsBytes(header.AsSpan()));
        stream.Write(tensor.bytes);
        GC.KeepAlive(tensor);
    }

    private static Tensor Receive(NetworkStream stream, ScalarType dtype)
    {
        var axes = new long[1];
        stream.ReadExactly(MemoryMarshal.AsBytes(axes.AsSpan()));
        var sizes = new long[axes[0]];
        stream.ReadExactly(MemoryMarshal.AsBytes(sizes.AsSpan()));
        var tensor = empty(sizes, dtype: dtype);
        stream.ReadExactly(tensor.bytes);
        return tensor;
    }
}
