using Bench.Data.Tests;

namespace Bench.Faults.Tests;

/// <summary>What goes wrong between agents and server.</summary>
[Trait("Category", "Slow")]
public sealed class NetworkFaultTests(ITestOutputHelper output)
{
    private const int Cells = 150;

    [Fact]
    public async Task Pulling_the_cable_loses_and_doubles_nothing()
    {
        Assert.SkipUnless(NetworkNamespace.IsPermitted, "a network namespace needs root and iproute2; the line that is cut in the middle runs anyway");
        await FaultReport.RunAsync(output, "network cable pulled", PullAsync);
    }

    private static async Task<(int Times, LedgerEntry? Ledger, string Detail)> PullAsync()
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var network = NetworkNamespace.Create();
        using var server = await ServerProcess.StartAsync(test.ConnectionString, network.HostAddress);
        using var crew = await Crew.StartAsync(test, [server.Address], agents: 3, Cells, surroundings: new Surroundings { Prefix = network.Prefix });
        var random = new Random(3);
        var cuts = Math.Max(3, FaultWorld.Rounds / 20);
        for (var i = 0; i < cuts; i++)
        {
            await FaultWorld.SomeWorkIsDoneAsync(test, random.Next(1, 8));
            network.Cut();
            // Shorter and longer than a lease, which lasts three seconds here.
            await Task.Delay(random.Next(500, 6_000));
            network.Mend();
        }

        await Ledger.DrainAsync(test, TimeSpan.FromMinutes(4));
        return (cuts, await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged()), "Packets vanish; leases last 3 s, cuts 0.5 to 6 s.");
    }

    [Fact]
    public async Task Line_that_is_cut_in_the_middle_of_messages_loses_and_doubles_nothing() =>
        await FaultReport.RunAsync(output, "connections reset in the middle of messages", async () =>
        {
            await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
            using var server = await ServerProcess.StartAsync(test.ConnectionString);
            using var relay = Relay.To(server.Address);
            relay.PieceBytes = 100;
            using var crew = await Crew.StartAsync(test, [relay.Address], agents: 4, Cells);
            var random = new Random(5);
            var cuts = Math.Max(20, FaultWorld.Rounds / 2);
            for (var i = 0; i < cuts; i++)
            {
                var before = relay.Pieces;
                await FaultWorld.UntilAsync(() => Task.FromResult(relay.Pieces > before + random.Next(40)), TimeSpan.FromSeconds(30));
                relay.Cut();
                await Task.Delay(random.Next(100));
                relay.Mend();
            }

            await Ledger.DrainAsync(test, TimeSpan.FromMinutes(4));
            return (cuts, await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged()), "Pieces of 100 bytes, reset between any two.");
        });

    [Fact]
    public async Task Slow_and_narrow_line_loses_and_doubles_nothing() => await FaultReport.RunAsync(output, "slow and narrow line", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        using var relay = Relay.To(server.Address);
        (relay.Delay, relay.PieceBytes) = (TimeSpan.FromMilliseconds(60), 256);
        using var crew = await Crew.StartAsync(test, [relay.Address], agents: 4, 40);

        await Ledger.DrainAsync(test, TimeSpan.FromMinutes(4));

        return (1, await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged()), "60 ms for each 256 bytes.");
    });

    [Fact]
    public async Task Flood_of_connections_ends_in_a_limit_and_the_server_serves_on() => await FaultReport.RunAsync(output, "connection flood", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        var sockets = new List<System.Net.Sockets.TcpClient>();
        try
        {
            for (var i = 0; i < 2_500; i++)
            {
                var socket = new System.Net.Sockets.TcpClient();
                sockets.Add(socket);
                await socket.ConnectAsync(server.Address.Host, server.Address.Port);
            }

            // The limit is 2,000: the server has closed the rest.
            await FaultWorld.UntilAsync(() => Task.FromResult(sockets.Count(IsClosed) >= 400), TimeSpan.FromSeconds(60));
            // One that it serves still works.
            await sockets[0].GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            var buffer = new byte[15];
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await sockets[0].GetStream().ReadExactlyAsync(buffer, limit.Token);
            Assert.StartsWith("HTTP/1.1 200", System.Text.Encoding.ASCII.GetString(buffer), StringComparison.Ordinal);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }

        await server.ReadyAsync();
        return (1, null, "2,500 connections: 2,000 are kept, the rest is closed, and afterwards everybody is served.");
    });

    private static bool IsClosed(System.Net.Sockets.TcpClient socket)
    {
        try
        {
            return socket.Client.Poll(0, System.Net.Sockets.SelectMode.SelectRead) && socket.Client.Available == 0;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return true;
        }
    }
}
