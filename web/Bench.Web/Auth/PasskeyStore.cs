using System.Buffers.Text;
using Bench.Data;
using Bench.Data.Rows;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Auth;

/// <summary>What ASP.NET Core's passkey handler has to know about people. It reads accounts; <see cref="Accounts"/> alone changes them.</summary>
internal sealed class PasskeyStore(BenchDbContext db, TimeProvider clock) : IUserPasskeyStore<UserRow>
{
    /// <inheritdoc />
    public async Task AddOrUpdatePasskeyAsync(UserRow user, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        var id = Base64Url.EncodeToString(passkey.CredentialId);
        var row = await db.Passkeys.SingleOrDefaultAsync(candidate => candidate.Id == id && candidate.UserId == user.Id, cancellationToken);
        if (row is null)
        {
            row = new PasskeyRow
            {
                Id = id,
                UserId = user.Id,
                Name = "",
                PublicKey = passkey.PublicKey,
                CreatedAt = clock.Now(),
                Transports = [.. passkey.Transports ?? []],
                AttestationObject = passkey.AttestationObject,
                ClientDataJson = passkey.ClientDataJson,
                IsBackupEligible = passkey.IsBackupEligible,
            };
            db.Passkeys.Add(row);
        }
        else
        {
            row.LastUsedAt = clock.Now();
        }

        row.Name = passkey.Name ?? row.Name;
        row.SignCount = passkey.SignCount;
        row.IsUserVerified = passkey.IsUserVerified;
        row.IsBackedUp = passkey.IsBackedUp;
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(UserRow user, CancellationToken cancellationToken) =>
        [.. (await db.Passkeys.AsNoTracking().Where(row => row.UserId == user.Id).OrderBy(row => row.CreatedAt).ToListAsync(cancellationToken)).Select(Info)];

    /// <inheritdoc />
    public async Task<UserRow?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken)
    {
        var id = Base64Url.EncodeToString(credentialId);
        return await db.Users.SingleOrDefaultAsync(user => db.Passkeys.Any(row => row.Id == id && row.UserId == user.Id), cancellationToken);
    }

    /// <inheritdoc />
    public async Task<UserPasskeyInfo?> FindPasskeyAsync(UserRow user, byte[] credentialId, CancellationToken cancellationToken)
    {
        var id = Base64Url.EncodeToString(credentialId);
        return await db.Passkeys.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id && row.UserId == user.Id, cancellationToken) is { } row
            ? Info(row)
            : null;
    }

    /// <inheritdoc />
    public async Task RemovePasskeyAsync(UserRow user, byte[] credentialId, CancellationToken cancellationToken)
    {
        var id = Base64Url.EncodeToString(credentialId);
        await db.Passkeys.Where(row => row.Id == id && row.UserId == user.Id).ExecuteDeleteAsync(cancellationToken);
    }

    /// <inheritdoc />
    public Task<string> GetUserIdAsync(UserRow user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

    /// <inheritdoc />
    public Task<string?> GetUserNameAsync(UserRow user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Name);

    /// <inheritdoc />
    public Task<string?> GetNormalizedUserNameAsync(UserRow user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.NormalizedName);

    /// <inheritdoc />
    public Task<UserRow?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        db.Users.SingleOrDefaultAsync(row => row.Id == userId, cancellationToken);

    /// <inheritdoc />
    public Task<UserRow?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        db.Users.SingleOrDefaultAsync(row => row.NormalizedName == normalizedUserName, cancellationToken);

    /// <inheritdoc />
    public Task SetUserNameAsync(UserRow user, string? userName, CancellationToken cancellationToken) => throw ReadOnly();

    /// <inheritdoc />
    public Task SetNormalizedUserNameAsync(UserRow user, string? normalizedName, CancellationToken cancellationToken) => throw ReadOnly();

    /// <inheritdoc />
    public Task<IdentityResult> CreateAsync(UserRow user, CancellationToken cancellationToken) => throw ReadOnly();

    /// <inheritdoc />
    public Task<IdentityResult> UpdateAsync(UserRow user, CancellationToken cancellationToken) => throw ReadOnly();

    /// <inheritdoc />
    public Task<IdentityResult> DeleteAsync(UserRow user, CancellationToken cancellationToken) => throw ReadOnly();

    /// <inheritdoc />
    public void Dispose()
    {
        // The context belongs to the request.
    }

    private static NotSupportedException ReadOnly() => new("Accounts are changed by Accounts, not through the passkey handler.");

    private static UserPasskeyInfo Info(PasskeyRow row) => new(
        Base64Url.DecodeFromChars(row.Id), row.PublicKey, row.CreatedAt, (uint)row.SignCount, [.. row.Transports], row.IsUserVerified, row.IsBackupEligible,
        row.IsBackedUp, row.AttestationObject, row.ClientDataJson)
    { Name = row.Name };
}
