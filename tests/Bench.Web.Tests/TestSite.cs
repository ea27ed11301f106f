using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Bench.Data;
using Bench.Data.Agents;
using Bench.Data.Tests;
using Bench.Domain.Protocol;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Bench.Web.Tests;

/// <summary>The real site on a real port with an empty database of its own.</summary>
public sealed class TestSite : WebApplicationFactory<Program>
{
    private readonly TestDatabase _database;
    private readonly Dictionary<string, string> _settings;
    private readonly bool _ownsDatabase;

    private TestSite(TestDatabase database, Dictionary<string, string> settings, bool ownsDatabase)
    {
        _database = database;
        _settings = settings;
        _ownsDatabase = ownsDatabase;
        UseKestrel(0);
        StartServer();
    }

    /// <summary>The one-time code that this site was started with.</summary>
    public const string Code = "code-of-the-test-site";

    /// <summary>The site's database.</summary>
    public TestDatabase Database => _database;

    /// <summary>Starts a site.</summary>
    public static async Task<TestSite> StartAsync(DatabaseKind kind, params (string Key, string Value)[] settings)
    {
        var database = await TestDatabase.CreateAsync(kind);
        return new TestSite(database, settings.ToDictionary(pair => pair.Key, pair => pair.Value), ownsDatabase: true);
    }

    /// <summary>Starts another server on the same database.</summary>
    public TestSite StartTwin() => new(_database, _settings, ownsDatabase: false);

    /// <summary>A client without a key.</summary>
    public HttpClient Anonymous() => CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, BaseAddress = ClientOptions.BaseAddress });

    /// <summary>A client with a key of the given scopes that belongs to a person.</summary>
    public async Task<HttpClient> UserAsync(params string[] scopes)
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<BenchDbContext>();
        var key = scope.ServiceProvider.GetRequiredService<KeyRing>().Add("ada", null, "usr_ada", scopes);
        await db.SaveChangesAsync();
        return WithKey(key);
    }

    /// <summary>Enrols an agent; its client has its key.</summary>
    public async Task<HttpClient> AgentAsync(string name = "tester", bool register = true)
    {
        await using var scope = Services.CreateAsyncScope();
        var agents = scope.ServiceProvider.GetRequiredService<AgentStore>();
        var code = Secrets.NewToken();
        await agents.SeedCodeAsync(code, "system", DateTime.MaxValue.ToUniversalTime().AddDays(-2));
        using var anonymous = Anonymous();
        var answer = await PostAsync<EnrollmentAnswer>(anonymous, "api/v1/enrollments", new EnrollmentRequest(code, name));
        var client = WithKey(answer.Key);
        if (register)
        {
            using var registered = await client.PutAsJsonAsync("api/v1/agents/me", Samples.Registration(), WireJson.Strict);
            registered.EnsureSuccessStatusCode();
        }

        return client;
    }

    /// <summary>Pushes a suite over the lengths and queues it.</summary>
    public static async Task<EnqueueAnswer> QueueAsync(HttpClient client, string suite, params int[] lengths)
    {
        using var pushed = await client.PutAsJsonAsync($"api/v1/suites/{suite}", Samples.Plan(suite, lengths), WireJson.Strict);
        pushed.EnsureSuccessStatusCode();
        return await PostAsync<EnqueueAnswer>(client, "api/v1/jobs", new EnqueueRequest(suite));
    }

    /// <summary>Takes a job; null when there is none.</summary>
    public static async Task<Assignment?> ClaimAsync(HttpClient client, int wait = 0)
    {
        using var answer = await client.PostAsJsonAsync("api/v1/jobs/claims", new ClaimRequest { WaitSeconds = wait }, WireJson.Strict);
        answer.EnsureSuccessStatusCode();
        return answer.StatusCode == HttpStatusCode.NoContent ? null : await answer.Content.ReadFromJsonAsync<Assignment>(WireJson.Lenient);
    }

    /// <summary>Delivers a result.</summary>
    public static Task<HttpResponseMessage> SubmitAsync(HttpClient client, Assignment assignment, ResultSubmission result)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"api/v1/attempts/{assignment.AttemptId}/result")
        {
            Content = JsonContent.Create(result, options: WireJson.Strict),
        };
        request.Headers.Add("Idempotency-Key", result.ResultId);
        return client.SendAsync(request);
    }

    /// <summary>Posts a message and reads the answer.</summary>
    public static async Task<T> PostAsync<T>(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body, WireJson.Strict);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<T>(WireJson.Lenient))!;
    }

    /// <inheritdoc />
    protected override IHost CreateHost(IHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        return base.CreateHost(builder);
    }

    /// <inheritdoc />
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("ConnectionStrings:Bench", _database.ConnectionString);
        builder.UseSetting("Bench:EnrollmentCode", Code);
        builder.UseSetting("Logging:LogLevel:Default", "Error");
        builder.UseSetting("Schedules:Enabled", "false");
        foreach (var (key, value) in _settings)
        {
            builder.UseSetting(key, value);
        }
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_ownsDatabase)
        {
            await _database.DisposeAsync();
        }
    }

    private HttpClient WithKey(string key)
    {
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }
}
