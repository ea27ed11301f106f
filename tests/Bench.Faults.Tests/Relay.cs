using System.Net;
using System.Net.Sockets;

namespace Bench.Faults.Tests;

/// <summary>A bad line between agents and server: it can be slow, narrow, and cut in the middle of a message.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _server;
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<TcpClient> _open = [];
    private volatile bool _isCut;

    private Relay(Uri server)
    {
        _server = server;
        _listener.Start();
        Address = new UriBuilder(server) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
    }

    /// <summary>Where agents find the server through this line.</summary>
    public Uri Address { get; }

    /// <summary>How long each piece is under way.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Size of a piece; small pieces tear messages apart.</summary>
    public int PieceBytes { get; set; } = 16 << 10;

    /// <summary>Pieces that were passed on.</summary>
    public long Pieces => Interlocked.Read(ref _pieces);

    private long _pieces;

    /// <summary>Lays a line to a server.</summary>
    public static Relay To(Uri server)
    {
        var relay = new Relay(server);
        _ = Task.Run(relay.AcceptAsync);
        return relay;
    }

    /// <summary>Breaks every connection, wherever its messages are, and takes no new one.</summary>
    public void Cut()
    {
        _isCut = true;
        lock (_open)
        {
            foreach (var client in _open)
            {
                // A reset, not a polite end.
                client.LingerState = new LingerOption(true, 0);
                client.Close();
            }

            _open.Clear();
        }
    }

    /// <summary>Takes connections again.</summary>
    public void Mend() => _isCut = false;

    /// <inheritdoc />
    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
        Cut();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                _ = PassAsync(await _listener.AcceptTcpClientAsync(_end.Token));
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(TcpClient near)
    {
        using var far = new TcpClient();
        lock (_open)
        {
            if (_isCut)
            {
                near.Close();
                return;
            }

            _open.Add(near);
            _open.Add(far);
        }

        try
        {
            await far.ConnectAsync(_server.Host, _server.Port, _end.Token);
            await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut, or the server is not there.
        }
        finally
        {
            near.Close();
            lock (_open)
            {
                _open.Remove(near);
                _open.Remove(far);
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        try
        {
            var buffer = new byte[PieceBytes];
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _end.Token)) > 0)
            {
                if (Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay, _end.Token);
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
                Interlocked.Increment(ref _pieces);
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }
}
