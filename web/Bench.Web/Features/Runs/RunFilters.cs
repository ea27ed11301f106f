using System.Globalization;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Bench.Web.Api;

namespace Bench.Web.Features.Runs;

/// <summary>Which runs a query string asks for.</summary>
internal static class RunFilters
{
    /// <summary>Reads the filter and notes what is wrong with it.</summary>
    public static RunsFilter Read(IQueryCollection query, List<WireMistake> mistakes)
    {
        Outcome? outcome = null;
        if (query["outcome"].ToString() is { Length: > 0 } wanted)
        {
            outcome = wanted switch
            {
                "succeeded" => Outcome.Succeeded,
                "failed" => Outcome.Failed,
                _ => null,
            };
            if (outcome is null)
            {
                mistakes.Add(new WireMistake("/outcome", "An outcome is 'succeeded' or 'failed'."));
            }
        }

        DateTime? since = null;
        if (query["since"].ToString() is { Length: > 0 } text)
        {
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
            {
                since = instant.UtcDateTime;
            }
            else
            {
                mistakes.Add(new WireMistake("/since", "An instant is written as 2026-03-01T12:00:00Z."));
            }
        }

        return new RunsFilter
        {
            Mechanisms = ListQuery.Texts(query, "mechanism", mistakes),
            Implementations = ListQuery.Texts(query, "implementation", mistakes),
            Tasks = ListQuery.Texts(query, "task", mistakes),
            Suite = ListQuery.Texts(query, "suite", mistakes).FirstOrDefault(),
            CellKey = ListQuery.Texts(query, "cell", mistakes).FirstOrDefault(),
            AgentId = ListQuery.Texts(query, "agent", mistakes).FirstOrDefault(),
            Outcome = outcome,
            Since = since,
            LatestOnly = query["latest"] == "true",
        };
    }
}
