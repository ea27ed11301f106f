using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Bench.Web.Api;

/// <summary>Opaque, signed positions in a list ordered by instant and id; the same on every server.</summary>
internal sealed class Cursors(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("bench.cursor.v1");

    /// <summary>The position after a row.</summary>
    public string After(DateTime at, string id) =>
        _protector.Protect(string.Create(CultureInfo.InvariantCulture, $"{at.Ticks}|{id}"));

    /// <summary>Reads a position.</summary>
    /// <returns>Null when the text was not made by <see cref="After"/>.</returns>
    public (DateTime At, string Id)? Read(string cursor)
    {
        try
        {
            return _protector.Unprotect(cursor).Split('|') is [var ticks, var id]
                && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? (new DateTime(number, DateTimeKind.Utc), id)
                    : null;
        }
        catch (Exception mistake) when (mistake is CryptographicException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>A part of a list.</summary>
/// <param name="Items">In order.</param>
/// <param name="NextCursor">Where to go on; null at the end.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
