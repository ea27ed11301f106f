using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;

namespace Bench.Web.Api;

/// <summary>
/// Gives every JSON answer to a GET under <c>/api</c> a strong ETag over its bytes, and answers 304 when the caller has it already. Endpoints that
/// stream opt out with <see cref="StreamedAttribute"/>.
/// </summary>
internal sealed class EntityTags(RequestDelegate next, KnownTags tags)
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

        var newest = context.GetEndpoint()?.Metadata.GetMetadata<ResultsOnlyAttribute>() is null ? null : await tags.NewestAsync(context.RequestAborted);
        if (newest is not null && tags.Find(context.Request, newest) is { } same && Knows(context, same))
        {
            Label(context, same);
            context.Response.StatusCode = StatusCodes.Status304NotModified;
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

        if (context.Response.StatusCode == StatusCodes.Status200OK)
        {
            var changed = Tag(context, buffer);
            if (newest is not null)
            {
                tags.Keep(context.Request, newest, context.Response.Headers.ETag.ToString());
            }

            if (!changed)
            {
                return;
            }
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(original.Stream, context.RequestAborted);
    }

    private static void Label(HttpContext context, string tag)
    {
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Append("Vary", "Accept, Accept-Encoding");
    }

    private static bool Knows(HttpContext context, string tag) => context.Request.Headers.IfNoneMatch.ToString()
        .Split(',', StringSplitOptions.TrimEntries).Any(candidate => candidate == tag || candidate == "W/" + tag || candidate == "*");

    /// <summary>Sets the tag.</summary>
    /// <returns>False when the caller has these bytes, and the answer is 304 without a body.</returns>
    private static bool Tag(HttpContext context, MemoryStream body)
    {
        var tag = context.Response.Headers.ETag is [{ Length: > 0 } given] ? given : $"\"{Convert.ToHexStringLower(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)))[..32]}\"";
        Label(context, tag);
        if (!Knows(context, tag))
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
