using System.Security.Claims;
using Bench.Data;
using Bench.Data.Agents;
using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>People who sign in: their passwords, locks, sessions and keys.</summary>
internal sealed class Accounts(BenchDbContext db, KeyRing keys, IPasswordHasher<UserRow> hasher, TimeProvider clock)
{
    public const string StampClaim = "bench:stamp";

    private const int WrongPasswords = 5;
    private static readonly TimeSpan LockTime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromDays(365);

    /// <summary>Makes the first maintainer while there is no account at all.</summary>
    public async Task SeedAsync(AccountOptions options, CancellationToken cancellation = default)
    {
        var password = options.AdminPasswordFile.Length > 0
            ? (await File.ReadAllTextAsync(options.AdminPasswordFile, cancellation)).Trim()
            : options.AdminPassword;
        if (password.Length > 0 && !await db.Users.AnyAsync(cancellation))
        {
            await CreateAsync(options.AdminName, password, Roles.Maintainer, "system", cancellation);
        }
    }

    /// <summary>Makes an account.</summary>
    /// <exception cref="ArgumentException">The password is too short, or there is no such role.</exception>
    public async Task<UserRow> CreateAsync(string name, string password, string role, string actor, CancellationToken cancellation = default)
    {
        if (password.Length < 12)
        {
            throw new ArgumentException("A password has at least 12 characters. Choose a longer one.", nameof(password));
        }

        if (!Roles.All.Contains(role))
        {
            throw new ArgumentException($"'{role}' is no role; use one of {string.Join(", ", Roles.All)}.", nameof(role));
        }

        var user = new UserRow
        {
            Id = BenchId.New("usr", clock),
            Name = name,
            NormalizedName = name.ToUpperInvariant(),
            Role = role,
            SecurityStamp = Secrets.NewToken(),
            CreatedAt = clock.Now(),
        };
        user.PasswordHash = hasher.HashPassword(user, password);
        db.Users.Add(user);
        db.Audit.Add(Audit(actor, "user.created", user.Id, role));
        await db.SaveChangesAsync(cancellation);
        return user;
    }

    /// <summary>Checks a password. Five wrong ones lock the account for a quarter of an hour; the answer is the same for every reason.</summary>
    /// <returns>The person, or null.</returns>
    public async Task<UserRow?> SignInAsync(string name, string password, CancellationToken cancellation = default)
    {
        var normalized = name.ToUpperInvariant();
        var user = await db.Users.SingleOrDefaultAsync(row => row.NormalizedName == normalized, cancellation);
        // An unknown name costs as much time as a wrong password.
        var hash = user?.PasswordHash ?? UnknownHash.Value;
        var right = hasher.VerifyHashedPassword(user ?? Nobody, hash, password) != PasswordVerificationResult.Failed;
        if (user is null || user.PasswordHash is null)
        {
            return null;
        }

        var now = clock.Now();
        if (user.LockedUntil > now)
        {
            return null;
        }

        user.FailedSignIns = right ? 0 : user.FailedSignIns + 1;
        user.LockedUntil = user.FailedSignIns >= WrongPasswords ? now + LockTime : null;
        if (user.LockedUntil is not null)
        {
            user.FailedSignIns = 0;
        }

        db.Audit.Add(Audit($"user:{user.Name}", right ? "user.signed-in" : "user.sign-in-refused", user.Id, ""));
        await db.SaveChangesAsync(cancellation);
        return right ? user : null;
    }

    /// <summary>One person; null when there is none.</summary>
    public Task<UserRow?> FindAsync(string userId, CancellationToken cancellation = default) =>
        db.Users.SingleOrDefaultAsync(row => row.Id == userId, cancellation);

    /// <summary>The account of somebody for whom an identity provider vouches; made at the first sign-in. The provider decides the role each time.</summary>
    /// <param name="login">Issuer and subject.</param>
    /// <param name="name">Name there. It never gives access to an account of the same name here.</param>
    /// <param name="role">Role.</param>
    /// <param name="cancellation">Ends the wait for the database.</param>
    public Task<UserRow> SignInElsewhereAsync(string login, string name, string role, CancellationToken cancellation = default) =>
        db.RetryAsync(() => TrySignInElsewhereAsync(login, name, role, cancellation));

    /// <summary>Adds a passkey.</summary>
    /// <returns>False when it belongs to an account already.</returns>
    public async Task<bool> AddPasskeyAsync(UserRow user, UserPasskeyInfo passkey, CancellationToken cancellation = default)
    {
        using var store = new PasskeyStore(db, clock);
        if (await store.FindByPasskeyIdAsync(passkey.CredentialId, cancellation) is not null)
        {
            return false;
        }

        db.Audit.Add(Audit($"user:{user.Name}", "passkey.added", user.Id, passkey.Name ?? ""));
        await store.AddOrUpdatePasskeyAsync(user, passkey, cancellation);
        return true;
    }

    /// <summary>Notes a sign-in with a passkey.</summary>
    public async Task UsePasskeyAsync(UserRow user, UserPasskeyInfo passkey, CancellationToken cancellation = default)
    {
        using var store = new PasskeyStore(db, clock);
        db.Audit.Add(Audit($"user:{user.Name}", "user.signed-in", user.Id, "passkey"));
        await store.AddOrUpdatePasskeyAsync(user, passkey, cancellation);
    }

    /// <summary>Makes a key for a person, for programs. It works for a year.</summary>
    public async Task<string> NewKeyAsync(string userId, string actor, CancellationToken cancellation = default)
    {
        var user = await db.Users.SingleAsync(row => row.Id == userId, cancellation);
        var key = keys.Add(user.Name, null, user.Id, Roles.ScopesOf(user.Role), clock.Now() + KeyLifetime);
        db.Audit.Add(Audit(actor, "key.created", user.Id, ""));
        await db.SaveChangesAsync(cancellation);
        return key;
    }

    /// <summary>Ends all sessions and keys of a person.</summary>
    public async Task SignOutEverywhereAsync(string userId, string actor, CancellationToken cancellation = default)
    {
        var user = await db.Users.SingleAsync(row => row.Id == userId, cancellation);
        user.SecurityStamp = Secrets.NewToken();
        var now = clock.Now();
        foreach (var key in await db.ApiKeys.Where(row => row.UserId == userId && row.RevokedAt == null).ToListAsync(cancellation))
        {
            key.RevokedAt = now;
        }

        db.Audit.Add(Audit(actor, "user.signed-out-everywhere", userId, ""));
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>The session of a person.</summary>
    public static ClaimsPrincipal PrincipalOf(UserRow user)
    {
        var identity = new ClaimsIdentity(CookieAuthenticationDefaults.AuthenticationScheme);
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, user.Id));
        identity.AddClaim(new Claim(ClaimTypes.Name, user.Name));
        identity.AddClaim(new Claim(ClaimTypes.Role, user.Role));
        identity.AddClaim(new Claim(StampClaim, user.SecurityStamp));
        identity.AddClaims(Roles.ScopesOf(user.Role).Select(scope => new Claim(Caller.ScopeClaim, scope)));
        return new ClaimsPrincipal(identity);
    }

    /// <summary>Ends a session whose account changed since it began.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var db = context.HttpContext.RequestServices.GetRequiredService<BenchDbContext>();
        var id = context.Principal?.FindFirstValue(ClaimTypes.NameIdentifier);
        var stamp = await db.Users.Where(row => row.Id == id).Select(row => row.SecurityStamp).SingleOrDefaultAsync(context.HttpContext.RequestAborted);
        if (stamp is null || stamp != context.Principal?.FindFirstValue(StampClaim))
        {
            context.RejectPrincipal();
        }
    }

    private async Task<UserRow> TrySignInElsewhereAsync(string login, string name, string role, CancellationToken cancellation)
    {
        var user = await db.Users.SingleOrDefaultAsync(row => row.ExternalLogin == login, cancellation);
        if (user is null)
        {
            var wanted = new string([.. name.Where(c => !char.IsControl(c)).Take(64)]);
            var normalized = wanted.ToUpperInvariant();
            var taken = wanted.Length == 0 || await db.Users.AnyAsync(row => row.NormalizedName == normalized, cancellation);
            var id = BenchId.New("usr", clock);
            var shown = taken ? $"{wanted} {id[^6..]}" : wanted;
            user = new UserRow
            {
                Id = id,
                Name = shown,
                NormalizedName = shown.ToUpperInvariant(),
                Role = role,
                SecurityStamp = Secrets.NewToken(),
                ExternalLogin = login,
                CreatedAt = clock.Now(),
            };
            db.Users.Add(user);
            db.Audit.Add(Audit("system", "user.created", user.Id, role));
        }
        else if (user.Role != role)
        {
            // Sessions and keys carry the old role.
            user.Role = role;
            user.SecurityStamp = Secrets.NewToken();
            var now = clock.Now();
            foreach (var key in await db.ApiKeys.Where(row => row.UserId == user.Id && row.RevokedAt == null).ToListAsync(cancellation))
            {
                key.RevokedAt = now;
            }

            db.Audit.Add(Audit("system", "user.role-changed", user.Id, role));
        }

        db.Audit.Add(Audit($"user:{user.Name}", "user.signed-in", user.Id, "provider"));
        await db.SaveChangesAsync(cancellation);
        return user;
    }

    private static UserRow Nobody { get; } =
        new() { Id = "", Name = "", NormalizedName = "", Role = Roles.Viewer, SecurityStamp = "", CreatedAt = default };

    private static Lazy<string> UnknownHash { get; } = new(() =>
        new PasswordHasher<UserRow>(Options.Create(new PasswordHasherOptions())).HashPassword(Nobody, Secrets.NewToken()));

    private AuditRow Audit(string actor, string action, string subject, string detail) =>
        new() { Id = BenchId.New("aud", clock), At = clock.Now(), Actor = actor, Action = action, Subject = subject, Detail = detail };
}
