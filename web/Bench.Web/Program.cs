using Bench.Web.Api;
using Bench.Web.Auth;
using Bench.Web.Components;
using Bench.Web.Features;
using Bench.Web.Features.Agents;
using Bench.Web.Features.Attempts;
using Bench.Web.Features.Catalogue;
using Bench.Web.Features.Enrollments;
using Bench.Web.Features.Jobs;
using Bench.Web.Features.Live;
using Bench.Web.Features.Status;
using Bench.Web.Features.Suites;
using Bench.Web.Hosting;
using Bench.Web.Schedules;

var builder = WebApplication.CreateBuilder(args);
builder.AddStorage();
builder.AddApi();
builder.AddIdentity();
builder.AddQueries();
builder.AddSchedules();
builder.AddPages();

var app = builder.Build();
await app.PrepareStorageAsync();

app.UsePages();
app.UseApiProblems();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();

var api = app.MapGroup("/api/v1");
api.MapEnrollments();
api.MapAgents();
api.MapSuites();
api.MapJobs();
api.MapAttempts();
api.MapCatalogue();
app.MapHealth();
app.MapLive();
app.MapStaticAssets();
app.MapRazorComponents<App>();
await app.RunAsync();

/// <summary>The site's program; tests start it through this name.</summary>
public partial class Program;
