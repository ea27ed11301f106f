using Bench.Web.Api;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Bench.Web.Exports;

/// <summary>Which representation a request wants: <c>?format=csv</c> for links, the Accept header for programs.</summary>
internal static class ExportFormats
{
    private static readonly (ExportFormat? Format, string Type)[] Known =
    [
        (null, "application/json"), (ExportFormat.Csv, "text/csv"), (ExportFormat.Ndjson, "application/x-ndjson"),
        (ExportFormat.Parquet, "application/vnd.apache.parquet"),
    ];

    /// <summary>Media type of a format.</summary>
    public static string MediaType(ExportFormat format) => Known.Single(known => known.Format == format).Type;

    /// <summary>The wanted format, null for plain JSON.</summary>
    /// <param name="http">Request.</param>
    /// <param name="format">The format.</param>
    /// <param name="problem">Why it cannot be given.</param>
    public static bool TryRead(HttpContext http, out ExportFormat? format, out ProblemHttpResult? problem)
    {
        (format, problem) = (null, null);
        var asked = http.Request.Query["format"].ToString();
        if (asked.Length > 0)
        {
            if (asked == "json")
            {
                return true;
            }

            if (Enum.TryParse<ExportFormat>(asked, ignoreCase: true, out var named) && Enum.IsDefined(named) && !char.IsDigit(asked[0]))
            {
                format = named;
                return true;
            }

            problem = ProblemKind.NotAcceptable.Because("The format is one of json, csv, ndjson and parquet.");
            return false;
        }

        if (http.Request.Headers.Accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(http.Request.Headers.Accept, out var accepted))
        {
            return true;
        }

        foreach (var wanted in accepted.OrderByDescending(value => value.Quality ?? 1))
        {
            foreach (var known in Known)
            {
                if (new MediaTypeHeaderValue(known.Type).IsSubsetOf(wanted))
                {
                    format = known.Format;
                    return true;
                }
            }
        }

        // A browser asks for HTML and takes what it gets.
        if (accepted.Any(value => value.MatchesAllTypes))
        {
            return true;
        }

        problem = ProblemKind.NotAcceptable.Because(
            "None of the accepted media types is offered.", $"Accept one of {string.Join(", ", Known.Select(known => known.Type))}.");
        return false;
    }
}
