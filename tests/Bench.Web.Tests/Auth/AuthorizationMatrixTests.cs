using System.Net;
using System.Text;
using Bench.Data;
using Bench.Data.Agents;
using Bench.Web.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Bench.Web.Tests.Auth;

/// <summary>Every endpoint with every kind of caller. An endpoint, read or write, that has no row here fails the first test.</summary>
public sealed class AuthorizationMatrixTests
{
    /// <summary>No key is needed.</summary>
    private const string Everybody = "everybody";

    /// <summary>A one-time secret in the body takes the place of a key.</summary>
    private const string Secret = "secret in the body";

    /// <summary>A session and the antiforgery token of a page; keys do not count.</summary>
    private const string Session = "session";

    /// <summary>An antiforgery token of a page, and what the body proves.</summary>
    private const string Page = "page";

    private static readonly Dictionary<string, string> Matrix = new()
    {
        ["Enroll"] = Secret,
        ["CreateEnrollmentCode"] = Scopes.Administer,
        ["ListAgents"] = Everybody,
        ["GetAgent"] = Everybody,
        ["GetOwnAgent"] = Scopes.ClaimJobs,
        ["RegisterAgent"] = Scopes.ClaimJobs,
        ["RotateOwnKey"] = Scopes.ClaimJobs,
        ["DrainOwn"] = Scopes.ClaimJobs,
        ["ResumeOwn"] = Scopes.ClaimJobs,
        ["DrainAgent"] = Scopes.Administer,
        ["ResumeAgent"] = Scopes.Administer,
        ["RetireAgent"] = Scopes.Administer,
        ["ListSuites"] = Everybody,
        ["GetSuite"] = Everybody,
        ["PutSuite"] = Scopes.WriteSuites,
        ["GetSuiteProgress"] = Everybody,
        ["EnqueueSuite"] = Scopes.WriteSuites,
        ["ListJobs"] = Everybody,
        ["GetJob"] = Everybody,
        ["ClaimJob"] = Scopes.ClaimJobs,
        ["CancelJob"] = Scopes.Administer,
        ["SendHeartbeat"] = Scopes.ClaimJobs,
        ["SetChangeState"] = Scopes.Administer,
        ["SubmitResult"] = Scopes.WriteResults,
        ["ListMechanisms"] = Everybody,
        ["GetMechanism"] = Everybody,
        ["ListTasks"] = Everybody,
        ["ListRuns"] = Everybody,
        ["ExportRuns"] = Everybody,
        ["GetRun"] = Everybody,
        ["ListCells"] = Everybody,
        ["GetCell"] = Everybody,
        ["ListBoards"] = Everybody,
        ["GetBoard"] = Everybody,
        ["CreateExport"] = Scopes.WriteSuites,
        ["GetExport"] = Everybody,
        ["GetExportContent"] = Everybody,
        ["GetCurves"] = Everybody,
        ["GetRecall"] = Everybody,
        ["ListChanges"] = Everybody,
        ["GetChange"] = Everybody,
        ["GetComparison"] = Everybody,
        ["GetAdvice"] = Everybody,
        ["GetQueue"] = Everybody,
        ["ListSchedules"] = Everybody,
        ["GetOverview"] = Everybody,
        ["FollowEvents"] = Everybody,
        ["GetHealth"] = Everybody,
        ["GetReadiness"] = Everybody,
        ["GetNewer"] = Everybody,
        ["SingleSignOn"] = Everybody,
        ["PasskeyCreationOptions"] = Session,
        ["AddPasskey"] = Session,
        ["PasskeyRequestOptions"] = Page,
        ["SignInWithPasskey"] = Page,
    };

    /// <summary>What each kind of caller holds.</summary>
    private static readonly Dictionary<string, IReadOnlyList<string>> Callers = new()
    {
        ["viewer"] = Roles.ScopesOf(Roles.Viewer),
        ["submitter"] = Roles.ScopesOf(Roles.Submitter),
        ["maintainer"] = Roles.ScopesOf(Roles.Maintainer),
        ["agent"] = Scopes.Agent,
        [Scopes.ClaimJobs] = [Scopes.ClaimJobs],
        [Scopes.WriteResults] = [Scopes.WriteResults],
        [Scopes.WriteSuites] = [Scopes.WriteSuites],
        [Scopes.Administer] = [Scopes.Administer],
    };

    [Fact]
    public async Task Every_endpoint_has_a_row_and_demands_what_the_row_says()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        var names = new List<string>();
        foreach (var endpoint in Endpoints(site))
        {
            var name = NameOf(endpoint);
            names.Add(name);
            Assert.True(Matrix.TryGetValue(name, out var needed), $"{MethodOf(endpoint)} {endpoint.RoutePattern.RawText} ({name}) has no row in the matrix");
            var data = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>();
            Assert.Equal(Scopes.All.Contains(needed) ? needed : null, data.LastOrDefault(one => one.Policy is not null)?.Policy);
            Assert.True(needed != Session || data.Count > 0, $"{name} lets everybody in");
            Assert.True(Scopes.All.Contains(needed) || needed is Secret or Session or Page || MethodOf(endpoint) == "GET", $"{name} writes and needs nothing");
        }

        Assert.Empty(Matrix.Keys.Except(names));
    }

    [Fact]
    public async Task Every_caller_gets_in_exactly_where_the_matrix_says()
    {
        await using var site = await TestSite.StartAsync(
            DatabaseKind.Sqlite, ("RateLimits:SecretsPerMinute", "100000"), ("RateLimits:AddressBurst", "100000"));
        using var anonymous = site.Anonymous();
        using var wrong = site.Anonymous();
        wrong.DefaultRequestHeaders.Authorization = new("Bearer", "ab_agent_aaaaaaaaaaaa_wrong");
        var callers = new Dictionary<string, HttpClient>();
        foreach (var (caller, scopes) in Callers)
        {
            callers[caller] = await site.UserAsync([.. scopes]);
        }

        foreach (var endpoint in Endpoints(site).Where(endpoint => NameOf(endpoint) is not "FollowEvents"))
        {
            var (name, needed) = (NameOf(endpoint), Matrix[NameOf(endpoint)]);
            var scoped = Scopes.All.Contains(needed);
            Check(name, "nobody", needed, scoped ? HttpStatusCode.Unauthorized : null, await SendAsync(anonymous, endpoint));
            Check(name, "a wrong key", needed, scoped ? HttpStatusCode.Unauthorized : null, await SendAsync(wrong, endpoint));
            foreach (var (caller, client) in callers)
            {
                Check(
                    name, caller, needed, scoped && !Callers[caller].Contains(needed) ? HttpStatusCode.Forbidden : null, await SendAsync(client, endpoint));
            }
        }
    }

    /// <summary>A refusal is exactly the expected one; who is let in meets only what a body of nothing meets.</summary>
    private static void Check(string endpoint, string caller, string needed, HttpStatusCode? refusal, HttpStatusCode status)
    {
        if (needed is Session or Page)
        {
            Assert.True(status is HttpStatusCode.Unauthorized or HttpStatusCode.Redirect or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest, $"{endpoint} answered {status} to {caller}");
            return;
        }

        // A key of a person passes the scope of an agent's address and is told there that it belongs to no agent.
        var passes = refusal is null && (status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) || (needed == Scopes.ClaimJobs && status == HttpStatusCode.Forbidden)
            || (needed == Secret && status == HttpStatusCode.Unauthorized));
        Assert.True((refusal == status || passes) && status < HttpStatusCode.InternalServerError, $"{endpoint} answered {status} to {caller}, not {refusal}");
    }

    private static IEnumerable<RouteEndpoint> Endpoints(TestSite site) => site.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .OfType<RouteEndpoint>().Where(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>() is not null);

    private static string NameOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;

    private static string MethodOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, RouteEndpoint endpoint)
    {
        var path = System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, @"\{[a-z]+\}", "x");
        using var request = new HttpRequestMessage(new HttpMethod(MethodOf(endpoint)), path);
        if (MethodOf(endpoint) != "GET")
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        using var answer = await client.SendAsync(request);
        // Without a session pages send to the sign-in, and this client follows.
        return answer.RequestMessage!.RequestUri!.AbsolutePath == "/account" ? HttpStatusCode.Redirect : answer.StatusCode;
    }
}
