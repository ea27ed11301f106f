using System.ComponentModel.DataAnnotations;

namespace Bench.Web.Auth;

/// <summary>An identity provider through which people sign in; the "Oidc" section of the configuration. Off while <see cref="Authority"/> is empty.</summary>
internal sealed class OidcOptions
{
    public const string Section = "Oidc";

    /// <summary>Address of the provider, such as <c>https://login.example.org/realms/lab</c>.</summary>
    public string Authority { get; init; } = "";

    /// <summary>Our name there.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>Our secret there; empty for a public client.</summary>
    public string ClientSecret { get; init; } = "";

    /// <summary>File with the secret, in place of <see cref="ClientSecret"/>.</summary>
    public string ClientSecretFile { get; init; } = "";

    /// <summary>What the sign-in page calls it.</summary>
    [Required, MaxLength(64)]
    public string Title { get; init; } = "single sign-on";

    /// <summary>Claim whose values decide the role.</summary>
    [Required]
    public string RoleClaim { get; init; } = "groups";

    /// <summary>Value that makes a maintainer; empty: nobody becomes one this way.</summary>
    public string MaintainerValue { get; init; } = "";

    /// <summary>Value that makes a submitter.</summary>
    public string SubmitterValue { get; init; } = "";

    /// <summary>Whether the provider must be reached by TLS; only tests turn this off.</summary>
    public bool RequireHttps { get; init; } = true;

    /// <summary>Whether people can sign in through it.</summary>
    public bool IsUsed => Authority.Length > 0;

    /// <summary>The secret, wherever it is.</summary>
    public string ReadSecret() => ClientSecretFile.Length > 0 ? File.ReadAllText(ClientSecretFile).Trim() : ClientSecret;

    /// <summary>The role that claim values give.</summary>
    public string RoleOf(IReadOnlyCollection<string> values) =>
        MaintainerValue.Length > 0 && values.Contains(MaintainerValue) ? Roles.Maintainer
        : SubmitterValue.Length > 0 && values.Contains(SubmitterValue) ? Roles.Submitter
        : Roles.Viewer;
}
