using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;

namespace Bench.Web.Api;

/// <summary>
/// Gives every JSON answer to a GET under <c>/api</c> a strong ETag over its bytes, and answers 304 when the caller has it already. Endpoints that
/// stream opt out with <see cref="StreamedAttribute"/>.
/// </summary>
internal sealed class EntityTags(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method)
            || !context.Request.Path.StartsWithSegments("/api")
            || context.GetEndpoint()?.Metadata.GetMetadata<StreamedAttribute>() is not null)
        {
            await next(context);
            return;
        }

        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var buffer = new MemoryStream();
        var buffered = new StreamResponseBodyFeature(buffer, original);
        context.Features.Set<IHttpResponseBodyFeature>(buffered);
        try
        {
            await next(context);
            await buffered.Writer.FlushAsync(context.RequestAborted);
        }
        finally
        {
            context.Features.Set(original);
        }

        if (context.Response.StatusCode == StatusCodes.Status200OK && !Tag(context, buffer))
        {
            return;
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(original.Stream, context.RequestAborted);
    }

    /// <summary>Sets the tag.</summary>
    /// <returns>False when the caller has these bytes, and the answer is 304 without a body.</returns>
    private static bool Tag(HttpContext context, MemoryStream body)
    {
        var tag = context.Response.Headers.ETag is [{ Length: > 0 } given] ? given : $"\"{Convert.ToHexStringLower(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)))[..32]}\"";
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Append("Vary", "Accept, Accept-Encoding");
        var known = context.Request.Headers.IfNoneMatch;
        if (!known.ToString().Split(',', StringSplitOptions.TrimEntries).Any(candidate => candidate == tag || candidate == "W/" + tag || candidate == "*"))
        {
            context.Response.ContentLength = body.Length;
            return true;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        context.Response.Headers.Remove("Content-Type");
        context.Response.ContentLength = null;
        return false;
    }
}

/// <summary>The endpoint's answer is written as it is made, and never held in memory as a whole.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StreamedAttribute : Attribute;
