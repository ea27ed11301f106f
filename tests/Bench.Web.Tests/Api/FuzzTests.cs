using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Domain.Protocol;
using CsCheck;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Bench.Web.Tests.Api;

/// <summary>Hostile requests at every address of the API: no answer may be 5xx, and a refused request may change no row.</summary>
public sealed partial class FuzzTests
{
    private static readonly string[] Corpus =
    [
        "", "null", "[]", "\"", "{", "{}", "[[[[", "{\"a\":", "123", "true", "NaN", "Infinity", "-", "{\"a\":1}{\"b\":2}", "\u0000", "{\"\":\"\"}",
        new('[', 5_000), new('{', 5_000), string.Concat(Enumerable.Repeat("{\"a\":", 200)), "{\"leaseToken\":\"\\ud800\"}", "{\"name\":\"\\u0000\"}",
        "{\"code\":\"' or 1=1 --\",\"name\":\"x\"}", "{\"code\":\"<script>alert(1)</script>\",\"name\":\"a\"}", "{\"suite\":\"=1+1\"}",
        "{\"suite\":\"../../etc/passwd\"}", "{\"format\":\"=cmd|' /C calc'!A0\",\"filter\":\"limit=%00\"}", "{\"format\":\"csv\",\"filter\":\"since=\\u0000\"}", "{\"waitSeconds\":1e400}", "{\"waitSeconds\":-1}", "{\"waitSeconds\":99999999999}", "{\"suite\":1}",
        "{\"suite\":null}", "{\"suite\":\"quick\",\"suite\":\"full\"}", "{\"suite\":\"quick\",\"skipFinished\":\"yes\"}", "{\"progress\":1e999}",
        new('9', 4_000), "\"" + new string('x', 20_000) + "\"",
    ];

    private static readonly string[] Insertions =
        ["", "\"", "{", "}", ",", "null", "-1", "1e999", "\\u0000", "\0", "\ud800", "é", "[[["];

    private static readonly string[] Words =
    [
        "x", "' or '1'='1", "<img src=x onerror=alert(1)>", "%00", "..%2f..%2f", "=cmd()", "a;drop table runs", new('a', 3_000), "ünï", "%ff%fe", "att_1",
        "run_01KJMMA2G0CBF5JFS7NCXKHB91",
    ];

    private static readonly string[] Queries =
    [
        "", "limit=-1", "limit=99999999999999999999", "cursor=%00", "cursor=" + new string('A', 3_000), "mechanism=%27", "since=0001-01-01", "since=9999-12-31T23:59:59Z",
        "pattern=x", "threshold=NaN", "threshold=1e999", "metric=%3Cscript%3E", "group=%00", "format=exe", "format=1", "topic=suite:", "topic=%00",
        "limit=1&limit=2", "task=a&task=b", "%=%", "outcome=succeeded%00",
    ];

    /// <summary>CI sends 20,000 requests; the seed of a failure is printed.</summary>
    private static int Requests { get; } = int.TryParse(Environment.GetEnvironmentVariable("BENCH_FUZZ_REQUESTS"), out var count) ? count : 20_000;

    [Fact]
    [Trait("Category", "Slow")]
    public async Task No_request_breaks_the_server_and_refused_ones_change_no_row()
    {
        await using var site = await TestSite.StartAsync(
            DatabaseKind.Sqlite, ("RateLimits:AddressPerSecond", "100000"), ("RateLimits:AddressBurst", "100000"), ("RateLimits:KeyPerSecond", "100000"), ("RateLimits:KeyBurst", "100000"),
            ("RateLimits:SecretsPerMinute", "100000"), ("RateLimits:WritesPerSecond", "100000"));
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64);
        var held = (await TestSite.ClaimAsync(agent))!;
        using var maintainer = await site.UserAsync(Data.Agents.Scopes.Administer, Data.Agents.Scopes.WriteSuites);
        using var anonymous = site.Anonymous();
        HttpClient[] callers = [agent, maintainer, anonymous];
        var endpoints = site.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal))
            // These two take no body and so cannot be called wrongly; they would only do their work thousands of times.
            .Where(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName is not ("CreateEnrollmentCode" or "RotateOwnKey"))
            .ToArray();
        var valid = ValidBodies(held);
        var request = Gen.Select(
            Gen.Int[0, endpoints.Length - 1], Gen.Int[0, callers.Length - 1], Gen.Int[0, Words.Length - 1], Gen.Int[0, Queries.Length - 1],
            Gen.OneOf(Gen.Int[0, Corpus.Length - 1].Select(i => Corpus[i]), Mutated(valid), Gen.String[Gen.Char.AlphaNumeric, 0, 200]), Gen.Int[0, 19],
            (endpoint, caller, word, query, body, kind) => new Shot(endpoint, caller, Words[word], Queries[query], body, kind));
        var before = await StateAsync(site);
        var sent = 0;

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (index, cancellation) =>
            {
                var shot = request.Generate(new PCG((uint)index + 1), null, out _);
                var status = await SendAsync(callers[shot.Caller], endpoints[shot.Endpoint], shot, cancellation);
                Assert.True((int)status < 500, $"{status} to shot {index}: {endpoints[shot.Endpoint].RoutePattern.RawText} {shot}");
                Interlocked.Increment(ref sent);
            });

        Assert.Equal(Requests, sent);
        Assert.Equal(before, await StateAsync(site));
    }

    /// <summary>Bodies that would be right, so that a mutation gets past the parser.</summary>
    private static string[] ValidBodies(Assignment held) =>
    [
        JsonSerializer.Serialize(Samples.Success(held) with { LeaseToken = "wrong" }, WireJson.Strict),
        JsonSerializer.Serialize(Samples.Plan("Not-Kebab", 64), WireJson.Strict),
        JsonSerializer.Serialize(new Heartbeat { LeaseToken = "wrong", Phase = "measure" }, WireJson.Strict),
        JsonSerializer.Serialize(new EnrollmentRequest("wrong", "x"), WireJson.Strict),
        JsonSerializer.Serialize(new EnqueueRequest("unknown"), WireJson.Strict),
    ];

    /// <summary>One character of a right body replaced, removed or doubled.</summary>
    private static Gen<string> Mutated(string[] bodies) => Gen.Select(
        Gen.Int[0, bodies.Length - 1], Gen.Int[0, 100_000], Gen.Int[0, Insertions.Length - 1],
        (body, place, put) => bodies[body][..(place % bodies[body].Length)] + Insertions[put] + bodies[body][(place % bodies[body].Length + 1)..]);

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, RouteEndpoint endpoint, Shot shot, CancellationToken cancellation)
    {
        var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
        var path = Parameter().Replace(endpoint.RoutePattern.RawText!, _ => shot.Word);
        if (path.EndsWith("/events", StringComparison.Ordinal) && !shot.Query.StartsWith("topic", StringComparison.Ordinal))
        {
            // A right topic would stream for ever.
            path += "?topic=wrong";
        }

        using var request = new HttpRequestMessage(
            shot.Kind == 0 ? HttpMethod.Patch : new HttpMethod(method), path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + shot.Query);
        if (method != "GET" && shot.Kind != 1)
        {
            var bytes = shot.Kind == 2 ? [0xff, 0xfe, 0x80, .. Encoding.UTF8.GetBytes(shot.Body)] : Encoding.UTF8.GetBytes(shot.Body);
            request.Content = new ByteArrayContent(bytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", shot.Kind == 3 ? "text/plain" : "application/json");
        }

        request.Headers.TryAddWithoutValidation("Accept", shot.Kind == 4 ? "image/*;q=x" : "*/*");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", shot.Kind == 5 ? new string('k', 2_000) : "k");
        request.Headers.TryAddWithoutValidation(WireJson.ProtocolHeader, shot.Kind == 6 ? "-1" : "1");
        request.Headers.TryAddWithoutValidation("If-None-Match", shot.Kind == 7 ? "\"\",W/,*,'" : "\"x\"");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return answer.StatusCode;
    }

    private static async Task<string> StateAsync(TestSite site)
    {
        await using var db = site.Database.Open();
        var jobs = await db.Jobs.OrderBy(row => row.Id).Select(row => $"{row.Id} {row.State} {row.Version}").ToListAsync();
        return string.Join('\n',
        [
            .. jobs, $"runs {await site.Database.CountAsync<RunRow>()}", $"suites {await site.Database.CountAsync<SuiteRow>()}",
            $"cells {await site.Database.CountAsync<CellRow>()}", $"agents {await site.Database.CountAsync<AgentRow>()}",
            $"attempts {await site.Database.CountAsync<AttemptRow>()}", $"exports {await site.Database.CountAsync<ExportRow>()}",
            $"keys {await site.Database.CountAsync<ApiKeyRow>()}", $"codes {await site.Database.CountAsync<EnrollmentCodeRow>()}", $"states {await site.Database.CountAsync<CellStateRow>()}",
        ]);
    }

    [GeneratedRegex(@"\{[a-z]+\}")]
    private static partial Regex Parameter();

    private sealed record Shot(int Endpoint, int Caller, string Word, string Query, string Body, int Kind);
}
