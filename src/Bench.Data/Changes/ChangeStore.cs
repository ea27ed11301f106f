using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Changes;

/// <summary>Sets what people think of changes; every step is audited.</summary>
public sealed class ChangeStore(BenchDbContext db, TimeProvider clock)
{
    /// <summary>Longest comment.</summary>
    public const int LongestComment = 2_000;

    /// <summary>Sets the state of a change. Accepting one begins a new history at it.</summary>
    /// <param name="id">Change.</param>
    /// <param name="state">New state.</param>
    /// <param name="comment">Why; null leaves the comment as it is.</param>
    /// <param name="actor">Who, for the audit.</param>
    /// <param name="cancellation">The caller is gone.</param>
    /// <returns>The change, or null when there is none with this id.</returns>
    /// <exception cref="ArgumentException">The comment is too long.</exception>
    public async Task<ChangeRow?> SetAsync(string id, ChangeState state, string? comment, string actor, CancellationToken cancellation = default)
    {
        if (comment?.Length > LongestComment)
        {
            throw new ArgumentException($"A comment has at most {LongestComment} characters; this one has {comment.Length}. Link to a longer text.", nameof(comment));
        }

        var row = await db.Changes.SingleOrDefaultAsync(change => change.Id == id, cancellation);
        if (row is null)
        {
            return null;
        }

        var now = clock.Now();
        db.Audit.Add(new AuditRow { Id = BenchId.New("aud", clock), At = now, Actor = actor, Action = "change.state-set", Subject = id, Detail = $"{row.State} to {state}" });
        (row.State, row.StateBy, row.StateAt) = (state, actor, now);
        row.Comment = comment ?? row.Comment;
        await db.SaveChangesAsync(cancellation);
        return row;
    }
}
