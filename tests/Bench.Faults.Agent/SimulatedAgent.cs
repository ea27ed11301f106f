using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Bench.Domain.Catalogue;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Faults.Agent;

/// <summary>
/// An agent that measures nothing: it claims, waits as long as a cell takes, spools and delivers by the same rules as the real one, so that a
/// hundred deaths cost seconds. What it was promised by the server it writes to <c>acknowledged</c> before it forgets the result.
/// </summary>
internal sealed class SimulatedAgent(Uri server, string key, string folder, TimeSpan work)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>Works until it is killed.</summary>
    public async Task RunAsync()
    {
        Directory.CreateDirectory(folder);
        foreach (var half in Directory.GetFiles(folder, "*.tmp"))
        {
            File.Delete(half);
        }

        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _http.DefaultRequestHeaders.Add(WireJson.ProtocolHeader, WireJson.ProtocolVersion.ToString(CultureInfo.InvariantCulture));
        await SyncAsync();
        await UntilAcceptedAsync(() => _http.PutAsJsonAsync("api/v1/agents/me", Registration(), WireJson.Strict));
        while (true)
        {
            using var answer = await UntilAcceptedAsync(() =>
                _http.PostAsJsonAsync("api/v1/jobs/claims", new ClaimRequest { WaitSeconds = 2 }, WireJson.Strict));
            if (answer.StatusCode == HttpStatusCode.NoContent)
            {
                continue;
            }

            var assignment = (await answer.Content.ReadFromJsonAsync<Assignment>(WireJson.Lenient))!;
            await Task.Delay(work / 2);
            using var beat = await UntilAcceptedAsync(() => _http.PutAsJsonAsync(
                $"api/v1/attempts/{assignment.AttemptId}/heartbeat", new Heartbeat { LeaseToken = assignment.LeaseToken, Phase = "measure" },
                WireJson.Strict));
            await Task.Delay(work / 2);
            await SpoolAsync(assignment);
            await SyncAsync();
        }
    }

    private async Task SpoolAsync(Assignment assignment)
    {
        var result = new ResultSubmission
        {
            ResultId = BenchId.New("res", TimeProvider.System),
            LeaseToken = assignment.LeaseToken,
            Outcome = Outcome.Succeeded,
            Metrics = [MetricSamples.Of(Metric.TimeMs, 1.0, 2.0, 3.0)],
            Environment = Machine(),
            StartedAt = TimeProvider.System.GetUtcNow(),
            FinishedAt = TimeProvider.System.GetUtcNow(),
        };
        var path = Path.Combine(folder, $"{assignment.AttemptId}.json");
        await using (var file = new FileStream(path + ".tmp", FileMode.Create))
        {
            await JsonSerializer.SerializeAsync(file, result, WireJson.Strict);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".tmp", path, overwrite: true);
    }

    private async Task SyncAsync()
    {
        foreach (var path in Directory.GetFiles(folder, "att_*.json"))
        {
            await using var stream = File.OpenRead(path);
            var result = (await JsonSerializer.DeserializeAsync<ResultSubmission>(stream, WireJson.Strict))!;
            using var answer = await UntilAcceptedAsync(() => _http.PostAsJsonAsync(
                $"api/v1/attempts/{Path.GetFileNameWithoutExtension(path)}/result", result, WireJson.Strict));
            if (answer.IsSuccessStatusCode)
            {
                await using var log = new FileStream(Path.Combine(folder, "acknowledged"), FileMode.Append);
                log.Write(System.Text.Encoding.ASCII.GetBytes(result.ResultId + "\n"));
                log.Flush(flushToDisk: true);
            }

            File.Delete(path);
        }
    }

    /// <summary>Repeats until the server gives an answer that is not about its own health.</summary>
    private static async Task<HttpResponseMessage> UntilAcceptedAsync(Func<Task<HttpResponseMessage>> send)
    {
        while (true)
        {
            try
            {
                var answer = await send();
                if (answer.StatusCode < HttpStatusCode.InternalServerError && answer.StatusCode != HttpStatusCode.TooManyRequests)
                {
                    return answer;
                }

                if (answer.StatusCode == HttpStatusCode.InternalServerError)
                {
                    await Console.Error.WriteLineAsync($"500: {await answer.Content.ReadAsStringAsync()}");
                }

                answer.Dispose();
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
            {
                // The server is down; it comes back.
            }

            await Task.Delay(Pause);
        }
    }

    private static AgentRegistration Registration() => new()
    {
        Version = "0.1.0",
        Capabilities = new AgentCapabilities { Device = "cpu", DeviceClass = "cpu-test", MemoryBytes = 1L << 34, Dtypes = ["float32"] },
        Environment = Machine(),
        Catalogue = new CatalogueDocument
        {
            Implementations =
            [
                new ImplementationEntry
                {
                    Id = "softmax/naive", Title = "Softmax", Family = "softmax", Patterns = [], Paper = "arXiv:1706.03762", Time = "O(N²)", Memory = "O(N²)",
                },
            ],
            Tasks = [new TaskEntry { Id = "efficiency/forward", Title = "Forward", Description = "Time of a pass.", Metrics = [Metric.TimeMs] }],
        },
    };

    private static RunEnvironment Machine() => new(new Dictionary<string, string> { ["device.class"] = "cpu-test", ["build.hash"] = "b1" });
}
