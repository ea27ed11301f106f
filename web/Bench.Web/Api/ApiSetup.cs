using System.Text.Json.Serialization;
using Bench.Domain.Protocol;

namespace Bench.Web.Api;

/// <summary>What all endpoints share: the JSON dialect, problems, limits.</summary>
internal static class ApiSetup
{
    /// <summary>Largest body where an address says nothing else.</summary>
    public const long MaxBodyBytes = 1 << 20;

    /// <summary>Registers the dialect, problems and limits.</summary>
    public static void AddApi(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNameCaseInsensitive = false;
            WireJson.Configure(json.SerializerOptions, JsonUnmappedMemberHandling.Disallow);
        });
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Complete);
        builder.Services.AddExceptionHandler<ApiExceptions>();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = MaxBodyBytes;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            server.Limits.MaxConcurrentConnections = 2_000;
        });
    }

    /// <summary>Answers without a body get one.</summary>
    public static void UseApiProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api => api.UseStatusCodePages(status =>
        {
            var kind = ProblemKind.OfStatus(status.HttpContext.Response.StatusCode);
            return Problems.WriteAsync(status.HttpContext, kind, Explain(kind, status.HttpContext));
        }));
    }

    /// <summary>A larger limit for one address.</summary>
    public static TBuilder WithBodyLimit<TBuilder>(this TBuilder builder, long bytes)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new BodyLimit(bytes));

    private static string Explain(ProblemKind kind, HttpContext context) => kind.Slug switch
    {
        "not-found" => $"Nothing answers {context.Request.Method} at this address.",
        "method-not-allowed" => $"This address does not take {context.Request.Method}.",
        "unsupported-media-type" => "The body's content type is not application/json.",
        _ => kind.Title + ".",
    };

    private sealed class BodyLimit(long bytes) : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize { get; } = bytes;
    }
}
