using System.Security.Cryptography;
using System.Text;
using Bench.Data;
using Bench.Data.Rows;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Api;

/// <summary>
/// <c>Idempotency-Key</c> on unsafe requests: the first answer is stored and given again to the same request, on every server, for three days.
/// Answers that carry a secret are never stored; their addresses do not take part.
/// </summary>
internal sealed class Idempotency(RequestDelegate next)
{
    private static readonly TimeSpan InFlight = TimeSpan.FromMinutes(1);

    /// <summary>Times that a key may be lost to another request before this one gives up.</summary>
    private const int MostLost = 20;

    public async Task InvokeAsync(HttpContext context, IDbContextFactory<BenchDbContext> contexts, TimeProvider clock)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0 || context.GetEndpoint()?.Metadata.GetMetadata<ReplayableAttribute>() is null)
        {
            await next(context);
            return;
        }

        if (key.Length > 255 || key.Any(c => c is < '!' or > '~'))
        {
            await Problems.WriteAsync(context, ProblemKind.ValidationFailed, "An idempotency key has 1 to 255 visible ASCII characters.");
            return;
        }

        context.Request.EnableBuffering(bufferThreshold: 64 << 10, bufferLimit: ApiSetup.MaxBodyBytes);
        var body = Convert.ToHexStringLower(await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted));
        context.Request.Body.Position = 0;
        var id = Hash($"{context.Request.Headers.Authorization}\n{context.Request.Method} {context.Request.Path}\n{key}");
        await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
        if (await TakeAsync(db, id, body, clock.Now()) is { } known)
        {
            await AnswerAgainAsync(context, known, body);
            return;
        }

        await AnswerFirstAsync(context, db, id);
    }

    /// <summary>Makes the key ours.</summary>
    /// <returns>Null when it is ours now, otherwise the row of who had it before.</returns>
    private static async Task<IdempotencyRow?> TakeAsync(BenchDbContext db, string id, string body, DateTime now)
    {
        var abandoned = now - InFlight;
        await db.Idempotency.Where(row => row.Id == id && row.Status == 0 && row.CreatedAt < abandoned).ExecuteDeleteAsync();
        var lost = 0;
        while (true)
        {
            if (await db.Idempotency.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id) is { } known)
            {
                return known;
            }

            db.Idempotency.Add(new IdempotencyRow { Id = id, BodyHash = body, Status = 0, CreatedAt = now });
            try
            {
                await db.SaveChangesAsync();
                db.ChangeTracker.Clear();
                return null;
            }
            catch (DbUpdateException)
            {
                // The same request came twice at once, and the other one was first. When it found no answer it is gone again, and the key is free.
                db.ChangeTracker.Clear();
                if (++lost == MostLost)
                {
                    throw;
                }
            }
        }
    }

    private static async Task AnswerAgainAsync(HttpContext context, IdempotencyRow known, string body)
    {
        if (known.BodyHash != body)
        {
            await Problems.WriteAsync(context, ProblemKind.IdempotencyKeyReused, "The idempotency key came with another body before.");
            return;
        }

        if (known.Status == 0)
        {
            context.Response.Headers.RetryAfter = "1";
            await Problems.WriteAsync(context, ProblemKind.RequestInFlight, "The first request with this idempotency key has no answer yet.");
            return;
        }

        context.Response.StatusCode = known.Status;
        context.Response.ContentType = known.ContentType;
        context.Response.Headers["Idempotency-Replayed"] = "true";
        await context.Response.Body.WriteAsync(known.Body, context.RequestAborted);
    }

    private async Task AnswerFirstAsync(HttpContext context, BenchDbContext db, string id)
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var buffer = new MemoryStream();
        var buffered = new StreamResponseBodyFeature(buffer, original);
        context.Features.Set<IHttpResponseBodyFeature>(buffered);
        var answered = false;
        try
        {
            await next(context);
            await buffered.Writer.FlushAsync(context.RequestAborted);
            answered = context.Response.StatusCode < 500;
        }
        finally
        {
            context.Features.Set(original);
            if (answered)
            {
                var (status, type, bytes) = (context.Response.StatusCode, context.Response.ContentType ?? "", buffer.ToArray());
                await db.Idempotency.Where(row => row.Id == id).ExecuteUpdateAsync(
                    set => set.SetProperty(row => row.Status, status).SetProperty(row => row.ContentType, type).SetProperty(row => row.Body, bytes),
                    CancellationToken.None);
            }
            else
            {
                await db.Idempotency.Where(row => row.Id == id).ExecuteDeleteAsync(CancellationToken.None);
            }
        }

        await original.Stream.WriteAsync(buffer.ToArray(), context.RequestAborted);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>The endpoint takes part in <see cref="Idempotency"/>: its answer holds no secret.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ReplayableAttribute : Attribute;
