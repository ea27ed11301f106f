using System.ComponentModel.DataAnnotations;

namespace Bench.Web.Auth;

/// <summary>How the first maintainer comes in; the "Accounts" section of the configuration.</summary>
internal sealed class AccountOptions
{
    public const string Section = "Accounts";

    /// <summary>Name of the first maintainer.</summary>
    [Required, MaxLength(64)]
    public string AdminName { get; init; } = "admin";

    /// <summary>Password of the first maintainer; used only while there is no account at all. At least 12 characters.</summary>
    public string AdminPassword { get; init; } = "";

    /// <summary>File with the password, in place of <see cref="AdminPassword"/>.</summary>
    public string AdminPasswordFile { get; init; } = "";

    /// <summary>How long a session lasts without use.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "30.00:00:00")]
    public TimeSpan SessionLength { get; init; } = TimeSpan.FromHours(8);
}
