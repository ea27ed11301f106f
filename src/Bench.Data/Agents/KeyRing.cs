using System.Security.Cryptography;
using System.Text;
using Bench.Data.Rows;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Agents;

/// <summary>
/// Bearer keys: <c>ab_agent_</c> or <c>ab_user_</c>, twelve public characters that find the row, an underscore and a secret. Stored is a salted
/// hash of the secret.
/// </summary>
public sealed class KeyRing(BenchDbContext db, TimeProvider clock)
{
    private const int IdLength = 12;

    /// <summary>Old and new key both work for this long after a rotation.</summary>
    public static TimeSpan RotationOverlap { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Makes a key; the caller saves the context.</summary>
    /// <returns>The key's text, which cannot be shown again.</returns>
    public string Add(string name, string? agentId, string? userId, IEnumerable<string> scopes, DateTime? expiresAt = null)
    {
        var id = RandomNumberGenerator.GetString("abcdefghijkmnopqrstuvwxyz23456789", IdLength);
        var secret = Secrets.NewToken();
        var salt = RandomNumberGenerator.GetBytes(16);
        var prefix = agentId is null ? "ab_user_" : "ab_agent_";
        db.ApiKeys.Add(new ApiKeyRow
        {
            Id = id,
            Prefix = $"{prefix}{id}",
            Name = name,
            AgentId = agentId,
            UserId = userId,
            Salt = salt,
            Hash = Hash(salt, secret),
            Scopes = [.. scopes],
            CreatedAt = clock.Now(),
            ExpiresAt = expiresAt,
        });
        return $"{prefix}{id}_{secret}";
    }

    /// <summary>Finds the row of a presented key.</summary>
    /// <returns>Null when the key is malformed, unknown, wrong, expired or revoked.</returns>
    public async Task<ApiKeyRow?> FindAsync(string key, CancellationToken cancellation = default) =>
        IdOf(key) is { } id
            ? Check(key, await db.ApiKeys.AsNoTracking().SingleOrDefaultAsync(candidate => candidate.Id == id, cancellation), clock.Now())
            : null;

    /// <summary>The public part of a presented key, which finds its row; null when it is no key at all.</summary>
    public static string? IdOf(string key)
    {
        var start = key.StartsWith("ab_agent_", StringComparison.Ordinal) ? 9 : key.StartsWith("ab_user_", StringComparison.Ordinal) ? 8 : -1;
        return start < 0 || key.Length <= start + IdLength + 1 || key.Length > 128 || key[start + IdLength] != '_' ? null : key.Substring(start, IdLength);
    }

    /// <summary>Compares a presented key, whose form <see cref="IdOf"/> has accepted, with the row of its public part.</summary>
    /// <returns>The row when the key is right and works at this instant.</returns>
    public static ApiKeyRow? Check(string key, ApiKeyRow? row, DateTime now)
    {
        // An unknown id costs the same work as a wrong secret.
        var secret = key[((key.StartsWith("ab_agent_", StringComparison.Ordinal) ? 9 : 8) + IdLength + 1)..];
        var right = CryptographicOperations.FixedTimeEquals(Hash(row?.Salt ?? [], secret), row?.Hash ?? new byte[32]);
        return right && row is not null && key.StartsWith(row.Prefix + "_", StringComparison.Ordinal) && IsUsable(row, now) ? row : null;
    }

    /// <summary>Whether the key works at this instant.</summary>
    public static bool IsUsable(ApiKeyRow row, DateTime now) => row.RevokedAt is null && (row.ExpiresAt is null || row.ExpiresAt > now);

    /// <summary>Notes that a key was used, at most once a minute.</summary>
    public async Task NoteUseAsync(ApiKeyRow row, CancellationToken cancellation = default)
    {
        var now = clock.Now();
        if (row.LastUsedAt is null || now - row.LastUsedAt > TimeSpan.FromMinutes(1))
        {
            await db.ApiKeys.Where(key => key.Id == row.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(key => key.LastUsedAt, now), cancellation);
        }
    }

    private static byte[] Hash(byte[] salt, string secret) => SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(secret)]);
}
