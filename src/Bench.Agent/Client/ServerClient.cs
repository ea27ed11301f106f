using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;

namespace Bench.Agent.Client;

/// <summary>The agent's side of the API. Every call retries what may pass (network, 5xx, 429) with growing, jittered pauses.</summary>
internal sealed class ServerClient : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private readonly Random _jitter;
    private TimeSpan _skew;

    /// <summary>Connects to a server.</summary>
    /// <param name="server">Base address, such as <c>http://localhost:5210/</c>.</param>
    /// <param name="key">Agent key, or null before enrolment.</param>
    /// <param name="clock">Time for pauses.</param>
    /// <param name="handler">Transport; null for the network.</param>
    public ServerClient(Uri server, string? key, TimeProvider clock, HttpMessageHandler? handler = null)
    {
        _clock = clock;
        _jitter = new Random(Environment.ProcessId);
        _http = handler is null ? new HttpClient() : new HttpClient(handler);
        _http.BaseAddress = server;
        _http.Timeout = TimeSpan.FromSeconds(100);
        _http.DefaultRequestHeaders.Add(WireJson.ProtocolHeader, WireJson.ProtocolVersion.ToString(System.Globalization.CultureInfo.InvariantCulture));
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("bench-agent", BuildInfo.Version));
        if (key is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    /// <summary>How long a call goes on trying before it gives up.</summary>
    public TimeSpan RetryBudget { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Receives a line when a call has to be repeated.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Exchanges a one-time code for a key.</summary>
    public async Task<EnrollmentAnswer> EnrollAsync(EnrollmentRequest request, CancellationToken cancellation) =>
        (await SendAsync<EnrollmentAnswer>(HttpMethod.Post, "api/v1/enrollments", request, cancellation))!;

    /// <summary>Tells the server what this agent is and can run.</summary>
    public Task RegisterAsync(AgentRegistration registration, CancellationToken cancellation) =>
        SendAsync<JsonElement?>(HttpMethod.Put, "api/v1/agents/me", registration, cancellation);

    /// <summary>Stores an expanded suite in place of the one of its name: the file on this machine is what counts.</summary>
    public async Task PushSuiteAsync(SuitePlan plan, CancellationToken cancellation)
    {
        var path = $"api/v1/suites/{plan.Name}";
        try
        {
            await SendAsync<JsonElement?>(HttpMethod.Put, path, plan, cancellation);
        }
        catch (ServerProblem problem) when (problem.Status == HttpStatusCode.PreconditionRequired)
        {
            await SendAsync<JsonElement?>(HttpMethod.Put, path, plan, cancellation, ifMatch: "*");
        }
    }

    /// <summary>Queues the cells of a suite.</summary>
    public async Task<EnqueueAnswer> EnqueueAsync(EnqueueRequest request, CancellationToken cancellation) =>
        (await SendAsync<EnqueueAnswer>(HttpMethod.Post, "api/v1/jobs", request, cancellation))!;

    /// <summary>How far a suite is.</summary>
    public async Task<SuiteProgress> ProgressAsync(string suite, CancellationToken cancellation) =>
        (await SendAsync<SuiteProgress>(HttpMethod.Get, $"api/v1/suites/{suite}/progress", null, cancellation))!;

    /// <summary>How many agents the server knows.</summary>
    public async Task<int> CountAgentsAsync(CancellationToken cancellation) =>
        (await SendAsync<JsonElement>(HttpMethod.Get, "api/v1/agents", null, cancellation)).GetArrayLength();

    /// <summary>Asks for work; null when there is none.</summary>
    public Task<Assignment?> ClaimAsync(ClaimRequest request, CancellationToken cancellation) =>
        SendAsync<Assignment>(HttpMethod.Post, "api/v1/jobs/claims", request, cancellation);

    /// <summary>Keeps a lease alive.</summary>
    public async Task<HeartbeatAnswer> HeartbeatAsync(string attemptId, Heartbeat heartbeat, CancellationToken cancellation) =>
        (await SendAsync<HeartbeatAnswer>(HttpMethod.Put, $"api/v1/attempts/{attemptId}/heartbeat", heartbeat, cancellation))!;

    /// <summary>Delivers a result; delivering it again does no harm.</summary>
    public async Task<ResultAnswer> SubmitAsync(string attemptId, ResultSubmission submission, CancellationToken cancellation) =>
        (await SendAsync<ResultAnswer>(HttpMethod.Post, $"api/v1/attempts/{attemptId}/result", submission, cancellation, submission.ResultId))!;

    /// <summary>Whether the server answers its health check now; never retries.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri("readyz", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>How far our clock is ahead of the server's at least.</summary>
    public async Task<TimeSpan> ClockSkewAsync(CancellationToken cancellation)
    {
        var sent = _clock.GetUtcNow();
        using var answer = await _http.GetAsync(new Uri("healthz", UriKind.Relative), cancellation);
        return answer.Headers.Date is { } said ? ClockSkew.Least(sent, _clock.GetUtcNow(), said) : TimeSpan.Zero;
    }

    /// <summary>Lets this agent finish what it holds and take nothing new, or ends that.</summary>
    public Task SetDrainingAsync(bool draining, CancellationToken cancellation) =>
        SendAsync<JsonElement?>(HttpMethod.Post, draining ? "api/v1/agents/me/drain" : "api/v1/agents/me/resume", null, cancellation);

    /// <summary>How the server sees this agent; also proves that the key works, and changes nothing.</summary>
    public async Task<AgentSelf> SelfAsync(CancellationToken cancellation) =>
        (await SendAsync<AgentSelf>(HttpMethod.Get, "api/v1/agents/me", null, cancellation))!;

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<T?> SendAsync<T>(
        HttpMethod method, string path, object? body, CancellationToken cancellation, string? idempotencyKey = null, string? ifMatch = null)
    {
        var started = _clock.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            TimeSpan? wanted = null;
            string reason;
            try
            {
                return await OnceAsync<T>(method, path, body, idempotencyKey, ifMatch, cancellation);
            }
            catch (ServerProblem problem) when (problem.IsTransient)
            {
                reason = problem.Message;
                wanted = problem.Data["RetryAfter"] as TimeSpan?;
                if (IsOver(started))
                {
                    throw;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException || (failure is TaskCanceledException && !cancellation.IsCancellationRequested))
            {
                reason = failure.Message;
                if (IsOver(started))
                {
                    throw new ServerProblem(
                        HttpStatusCode.ServiceUnavailable, "unreachable", "The server cannot be reached",
                        $"{failure.Message} Tried for {RetryBudget.TotalSeconds:0} s. Check the address and that the server runs.");
                }
            }

            var pause = wanted ?? TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.25 * Math.Pow(2, attempt)) * (0.5 + _jitter.NextDouble()));
            Warn($"{method} {path}: {reason} Trying again in {pause.TotalSeconds:0.0} s.");
            await Task.Delay(pause, _clock, cancellation);
        }
    }

    private bool IsOver(long started) => _clock.GetElapsedTime(started) > RetryBudget;

    private async Task<T?> OnceAsync<T>(
        HttpMethod method, string path, object? body, string? idempotencyKey, string? ifMatch, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body, body.GetType(), options: WireJson.Strict);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        request.Headers.Add(WireJson.ClockSkewHeader, _skew.TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture));
        var sent = _clock.GetUtcNow();
        using var answer = await _http.SendAsync(request, cancellation);
        if (answer.Headers.Date is { } said)
        {
            _skew = ClockSkew.Least(sent, _clock.GetUtcNow(), said);
        }

        if (!answer.IsSuccessStatusCode)
        {
            throw await ProblemAsync(answer, cancellation);
        }

        try
        {
            return answer.StatusCode == HttpStatusCode.NoContent ? default : await answer.Content.ReadFromJsonAsync<T>(WireJson.Lenient, cancellation);
        }
        catch (JsonException mistake)
        {
            throw new ServerProblem(
                answer.StatusCode, "unreadable", "The server's answer cannot be read",
                $"{method} {path}: {mistake.Message.Split('\n')[0]} Agent and server are of versions that do not fit; update the older one.");
        }
    }

    private static async Task<ServerProblem> ProblemAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var (type, title, detail) = ("unknown", $"The server answered {(int)answer.StatusCode}", "");
        try
        {
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation));
            string? Text(string name) => document.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            type = Text("type")?.Split('/')[^1] ?? type;
            (title, detail) = (Text("title") ?? title, Text("detail") ?? detail);
            if (document.RootElement.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object)
            {
                detail += " " + string.Join(" ", errors.EnumerateObject().Select(error => $"{error.Name}: {error.Value}"));
            }
        }
        catch (Exception mistake) when (mistake is JsonException or InvalidOperationException)
        {
            // A proxy's page instead of a problem document: the status must do.
        }

        var problem = new ServerProblem(answer.StatusCode, type, title, detail);
        if (answer.Headers.RetryAfter?.Delta is { } delta)
        {
            problem.Data["RetryAfter"] = delta;
        }

        return problem;
    }
}
