using Bench.Web.Api;
using Bench.Web.Auth;
using Bench.Web.Components;
using Bench.Web.Features.Advisor;
using Bench.Web.Features.Agents;
using Bench.Web.Features.Attempts;
using Bench.Web.Features.Catalogue;
using Bench.Web.Features.Cells;
using Bench.Web.Features.Changes;
using Bench.Web.Features.Compare;
using Bench.Web.Features.Drawings;
using Bench.Web.Features.Enrollments;
using Bench.Web.Features.Events;
using Bench.Web.Features.Exports;
using Bench.Web.Features.Jobs;
using Bench.Web.Features.Leaderboards;
using Bench.Web.Features.Live;
using Bench.Web.Features.Runs;
using Bench.Web.Features.Status;
using Bench.Web.Features.Suites;
using Bench.Web.Features;
using Bench.Web.Hosting;
using Bench.Web.Schedules;

if (Probe.IsAsked(args))
{
    return await Probe.RunAsync(args);
}

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.AddStorage();
builder.AddApi();
builder.AddApiDescription();
builder.AddIdentity();
builder.AddRateLimits();
builder.AddQueries();
builder.AddSchedules();
builder.AddTelemetry();
builder.AddPages();

var app = builder.Build();
await app.PrepareStorageAsync();

app.UseMiddleware<SecurityHeaders>();
app.UsePages();
app.UseApiProblems();
app.UseMiddleware<RateLimitHeaders>();
app.UseRateLimiter();
app.UseMiddleware<EntityTags>();
app.UseAuthentication();
app.UseAuthorization();
app.UseMiddleware<KeyLimits>();
app.UseMiddleware<Idempotency>();
app.UseAntiforgery();

var api = app.MapGroup("/api/v1");
api.MapEnrollments();
api.MapAgents();
api.MapSuites();
api.MapJobs();
api.MapAttempts();
api.MapCatalogue();
api.MapRuns();
api.MapCells();
api.MapBoards();
api.MapExports();
api.MapViews();
api.MapComparisons();
api.MapAdvice();
api.MapChanges();
api.MapEvents();
app.MapHealth();
app.MapMetrics();
app.MapLive();
app.MapPasskeys();
app.MapOidc();
app.MapChangeFeed();
app.MapDrawings();
app.MapStaticAssets();
app.MapRazorComponents<App>();
app.MapApiDescription();
await app.RunAsync();
return 0;

/// <summary>The site's program; tests start it through this name.</summary>
public partial class Program;
