using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bench.Faults.Tests;

/// <summary>
/// Real processes, a real PostgreSQL, and everything that goes wrong in a machine room. Each test is an entry of <see cref="FaultReport"/>.
/// </summary>
[Trait("Category", "Slow")]
public sealed class FaultTests(ITestOutputHelper output)
{
    private static int Rounds => FaultWorld.Rounds;

    [Fact]
    public async Task Killing_agents_and_server_at_random_instants_loses_and_doubles_nothing() => await FaultReport.RunAsync(output, "kill -9 of agents and server", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        using var crew = await Crew.StartAsync(test, [server.Address], agents: 4, cells: Rounds * 15);
        var random = new Random(7);
        var servers = 0;
        for (var round = 0; round < Rounds; round++)
        {
            if (random.Next(10) == 0)
            {
                servers++;
                await Task.Delay(random.Next(100));
                await server.RestartAsync();
            }
            else
            {
                await crew.KillOneAtWorkAsync(test, random);
            }
        }

        await Ledger.DrainAsync(test, TimeSpan.FromMinutes(5));
        var ledger = await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged());
        Assert.Empty(crew.Complaints());
        return (Rounds, ledger, $"{Rounds - servers} times an agent, {servers} times the server.");
    });

    [Fact]
    public async Task Restarting_postgres_under_load_loses_and_doubles_nothing() => await FaultReport.RunAsync(output, "PostgreSQL restarted under load", async () =>
    {
        using var cluster = PostgresCluster.StartOwn(durable: true);
        await using var test = await FaultWorld.DatabaseAsync(cluster);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        using var crew = await Crew.StartAsync(test, [server.Address], agents: 4, cells: 400);
        var restarts = Math.Max(2, Rounds / 40);
        for (var round = 0; round < restarts; round++)
        {
            await Task.Delay(1_000);
            cluster.Restart(round % 2 == 0 ? "fast" : "immediate");
        }

        NpgsqlConnection.ClearAllPools();
        await server.ReadyAsync();
        await Ledger.DrainAsync(test, TimeSpan.FromMinutes(3));
        var ledger = await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged());
        return (restarts, ledger, "Half of them without a checkpoint.");
    });

    [Fact]
    public async Task Two_processes_with_one_key_take_each_others_work_and_lose_nothing() => await FaultReport.RunAsync(output, "two agents with one key", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        using var crew = await Crew.StartAsync(test, [server.Address], agents: 1, cells: 100, processesPerKey: 2);

        await Ledger.DrainAsync(test, TimeSpan.FromMinutes(2));

        return (1, await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged()), "");
    });

    [Fact]
    public async Task Doubled_and_reordered_messages_change_nothing() => await FaultReport.RunAsync(output, "messages doubled and reordered", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        using var client = await EnrolAsync(server);
        await test.QueueAsync("quick", [.. Enumerable.Range(1, 40)]);
        var random = new Random(11);
        var acknowledged = new List<string>();
        while (await ClaimAsync(client) is { } assignment)
        {
            var result = Samples.Success(assignment);
            var messages = Enumerable.Range(0, 3).Select(_ => (Func<Task<HttpResponseMessage>>)(() =>
                    client.PostAsJsonAsync($"api/v1/attempts/{assignment.AttemptId}/result", result, WireJson.Strict)))
                .Concat(Enumerable.Range(0, 3).Select(_ => (Func<Task<HttpResponseMessage>>)(() => client.PutAsJsonAsync(
                    $"api/v1/attempts/{assignment.AttemptId}/heartbeat", new Heartbeat { LeaseToken = assignment.LeaseToken, Phase = "x" }, WireJson.Strict))))
                .ToArray();
            random.Shuffle(messages);
            var answers = await Task.WhenAll(messages.Select(send => send()));
            Assert.All(answers, answer => Assert.True((int)answer.StatusCode < 500, answer.StatusCode.ToString()));
            acknowledged.Add(result.ResultId);
        }

        return (40, await Ledger.CheckAsync(test, 40, acknowledged), "Each result and each heartbeat three times in any order.");
    });

    [Fact]
    public async Task Truncated_bodies_store_nothing() => await FaultReport.RunAsync(output, "truncated bodies", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        using var client = await EnrolAsync(server);
        await test.QueueAsync("quick", 64);
        var assignment = (await ClaimAsync(client))!;
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(Samples.Success(assignment), WireJson.Strict);
        var head = $"POST /api/v1/attempts/{assignment.AttemptId}/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + $"Authorization: {client.DefaultRequestHeaders.Authorization}\r\nContent-Length: {body.Length}\r\n\r\n";
        for (var cut = 0; cut < body.Length; cut += 25)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Address.Host, server.Address.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            await socket.GetStream().WriteAsync(body.AsMemory(0, cut));
        }

        Assert.Equal(0, await test.CountAsync<RunRow>());
        using var whole = await client.PostAsync(
            $"api/v1/attempts/{assignment.AttemptId}/result", new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } });
        Assert.True(whole.IsSuccessStatusCode);
        return ((body.Length + 24) / 25, null, "None is stored; the whole one is, after them.");
    });

    [Fact]
    public async Task Slow_loris_does_not_keep_others_out() => await FaultReport.RunAsync(output, "slow loris", async () =>
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        var sockets = new List<TcpClient>();
        for (var i = 0; i < 500; i++)
        {
            var socket = new TcpClient();
            await socket.ConnectAsync(server.Address.Host, server.Address.Port);
            await socket.GetStream().WriteAsync("GET /api/v1/runs HTTP/1.1\r\nHost: x\r\nX-Slow: "u8.ToArray());
            sockets.Add(socket);
        }

        using var answer = await server.Http.GetAsync("api/v1/runs");

        Assert.True(answer.IsSuccessStatusCode);
        // The server gives up on half a request after ten seconds: the end of the stream, or 408 first.
        var buffer = new byte[1_000];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await sockets[0].GetStream().ReadAsync(buffer, limit.Token) > 0)
        {
        }

        sockets.ForEach(socket => socket.Dispose());
        return (500, null, "Others are served, and the half requests end in a time-out.");
    });

    private static async Task<HttpClient> EnrolAsync(ServerProcess server)
    {
        using var answer = await server.Http.PostAsJsonAsync("api/v1/enrollments", new EnrollmentRequest(ServerProcess.Code, "tester"), WireJson.Strict);
        var key = (await answer.Content.ReadFromJsonAsync<EnrollmentAnswer>(WireJson.Lenient))!.Key;
        var client = new HttpClient { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var registered = await client.PutAsJsonAsync("api/v1/agents/me", Samples.Registration(), WireJson.Strict);
        registered.EnsureSuccessStatusCode();
        return client;
    }

    private static async Task<Assignment?> ClaimAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("api/v1/jobs/claims", new ClaimRequest(), WireJson.Strict);
        answer.EnsureSuccessStatusCode();
        return answer.StatusCode == System.Net.HttpStatusCode.NoContent ? null : await answer.Content.ReadFromJsonAsync<Assignment>(WireJson.Lenient);
    }
}
