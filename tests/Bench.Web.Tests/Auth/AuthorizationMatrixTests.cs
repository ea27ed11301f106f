using System.Net;
using System.Text;
using Bench.Data;
using Bench.Data.Agents;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Bench.Web.Tests.Auth;

/// <summary>Every endpoint of the API with every kind of caller. An endpoint that is not listed here fails the first test.</summary>
public sealed class AuthorizationMatrixTests
{
    /// <summary>Scope that each writing endpoint needs; null means that a one-time secret in the body takes its place.</summary>
    private static readonly Dictionary<string, string?> Writes = new()
    {
        ["Enroll"] = null,
        ["CreateEnrollmentCode"] = Scopes.Administer,
        ["RegisterAgent"] = Scopes.ClaimJobs,
        ["RotateOwnKey"] = Scopes.ClaimJobs,
        ["DrainAgent"] = Scopes.Administer,
        ["ResumeAgent"] = Scopes.Administer,
        ["RetireAgent"] = Scopes.Administer,
        ["PutSuite"] = Scopes.WriteSuites,
        ["EnqueueSuite"] = Scopes.WriteSuites,
        ["ClaimJob"] = Scopes.ClaimJobs,
        ["CancelJob"] = Scopes.Administer,
        ["SendHeartbeat"] = Scopes.ClaimJobs,
        ["SetChangeState"] = Scopes.Administer,
        ["SubmitResult"] = Scopes.WriteResults,
    };

    [Fact]
    public async Task Every_writing_endpoint_needs_the_scope_that_is_written_here_and_reads_need_none()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        foreach (var endpoint in Endpoints(site))
        {
            var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;
            var policy = endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
            if (MethodOf(endpoint) == "GET")
            {
                Assert.Null(policy);
                continue;
            }

            Assert.True(Writes.TryGetValue(name, out var scope), $"{name} writes and is not in the matrix");
            Assert.Equal(scope, policy);
        }
    }

    [Fact]
    public async Task Callers_without_the_scope_are_refused_before_the_body_is_read()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var anonymous = site.Anonymous();
        using var wrong = site.Anonymous();
        wrong.DefaultRequestHeaders.Authorization = new("Bearer", "ab_agent_aaaaaaaaaaaa_wrong");
        var callers = new Dictionary<string, HttpClient>();
        foreach (var scope in Scopes.All)
        {
            callers[scope] = await site.UserAsync(scope);
        }

        foreach (var endpoint in Endpoints(site).Where(candidate => MethodOf(candidate) != "GET"))
        {
            var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;
            if (Writes[name] is not { } needed)
            {
                continue;
            }

            Assert.Equal((name, HttpStatusCode.Unauthorized), (name, await SendAsync(anonymous, endpoint)));
            Assert.Equal((name, HttpStatusCode.Unauthorized), (name, await SendAsync(wrong, endpoint)));
            foreach (var (scope, caller) in callers)
            {
                var status = await SendAsync(caller, endpoint);
                Assert.True(
                    scope == needed ? status is not (HttpStatusCode.Unauthorized) && status < HttpStatusCode.InternalServerError : status == HttpStatusCode.Forbidden,
                    $"{name} answered {status} to {scope}");
            }
        }
    }

    private static IEnumerable<RouteEndpoint> Endpoints(TestSite site) => site.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .OfType<RouteEndpoint>().Where(endpoint => endpoint.RoutePattern.RawText?.StartsWith("/api/v1", StringComparison.Ordinal) == true);

    private static string MethodOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, RouteEndpoint endpoint)
    {
        var path = endpoint.RoutePattern.RawText!.Replace("{id}", "x", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(MethodOf(endpoint)), path)
        {
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
        };
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}
