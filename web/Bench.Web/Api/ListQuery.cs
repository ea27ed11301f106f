using System.Globalization;
using Bench.Domain.Protocol;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Api;

/// <summary>What the query strings of all lists have in common.</summary>
internal static class ListQuery
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 500;

    /// <summary>How many items a page has.</summary>
    public static int Limit(IQueryCollection query, List<WireMistake> mistakes)
    {
        var text = query["limit"].ToString();
        if (text.Length == 0)
        {
            return DefaultLimit;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit)
        {
            return limit;
        }

        mistakes.Add(new WireMistake("/limit", "A limit lies between 1 and 500."));
        return DefaultLimit;
    }

    /// <summary>Where to go on; null for the beginning.</summary>
    public static string? Cursor(IQueryCollection query) => query["cursor"].ToString() is { Length: > 0 } cursor ? cursor : null;

    /// <summary>Alternatives of a field.</summary>
    public static string[] Texts(IQueryCollection query, string name, List<WireMistake> mistakes)
    {
        var values = query[name].OfType<string>().ToArray();
        if (values.Length > 50 || values.Any(value => value.Length > 200 || value.Any(char.IsControl)))
        {
            mistakes.Add(new WireMistake("/" + name, "At most 50 values of at most 200 characters, without control characters."));
        }

        return values;
    }

    /// <summary>A whole number that is not negative; null when it is not asked for.</summary>
    public static int? Whole(IQueryCollection query, string name, List<WireMistake> mistakes)
    {
        var text = query[name].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        mistakes.Add(new WireMistake("/" + name, "A whole number that is not negative."));
        return null;
    }

    /// <summary>A page with the link to the next one.</summary>
    public static Ok<Page<T>> Answer<T>(HttpContext http, Page<T> page)
    {
        if (page.NextCursor is { } next)
        {
            var rest = http.Request.Query.Where(pair => pair.Key != "cursor")
                .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)));
            http.Response.Headers.Link =
                $"<{http.Request.Path}{QueryString.Create([.. rest, KeyValuePair.Create("cursor", (string?)next)])}>; rel=\"next\"";
        }

        return TypedResults.Ok(page);
    }

    /// <summary>The refusal of a cursor that is not ours.</summary>
    public static ProblemHttpResult ForeignCursor() =>
        ProblemKind.InvalidCursor.Because("The cursor was not made by this service, or is from an older version of it.");
}
