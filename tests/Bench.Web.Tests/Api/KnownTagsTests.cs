using System.Net;
using System.Net.Http.Headers;
using Bench.Data;
using Bench.Data.Tests;

namespace Bench.Web.Tests.Api;

public sealed class KnownTagsTests
{
    [Fact]
    public async Task A_new_result_changes_the_tag_of_the_curves_at_once()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var agent = await site.AgentAsync();
        await TestSite.QueueAsync(agent, "quick", 64, 128);
        await RunAsync(agent);
        using var first = await agent.GetAsync("api/v1/curves");

        Assert.Equal(HttpStatusCode.NotModified, await AgainAsync(agent, first.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, await AgainAsync(agent, first.Headers.ETag!));
        await RunAsync(agent);

        Assert.Equal(HttpStatusCode.OK, await AgainAsync(agent, first.Headers.ETag!));
    }

    private static async Task<HttpStatusCode> AgainAsync(HttpClient client, EntityTagHeaderValue tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/curves");
        request.Headers.IfNoneMatch.Add(tag);
        using var answer = await client.SendAsync(request);
        Assert.Equal(answer.StatusCode == HttpStatusCode.NotModified ? tag : answer.Headers.ETag, answer.Headers.ETag);
        return answer.StatusCode;
    }

    private static async Task RunAsync(HttpClient agent)
    {
        var assignment = (await TestSite.ClaimAsync(agent))!;
        using var stored = await TestSite.SubmitAsync(agent, assignment, Samples.Success(assignment) with { ResultId = Bench.Domain.Protocol.BenchId.New("res", TimeProvider.System) });
        stored.EnsureSuccessStatusCode();
    }
}
