using System.Globalization;
using Bench.Domain.Protocol;

namespace Bench.Web.Api;

/// <summary>Agrees on the version of the agent protocol: the present one and two before it are understood.</summary>
internal sealed class Protocol : IEndpointFilter
{
    /// <summary>Version that the caller speaks; the present one when it does not say.</summary>
    public static int VersionOf(HttpContext context) =>
        int.TryParse(context.Request.Headers[WireJson.ProtocolHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : WireJson.ProtocolVersion;

    /// <summary>
    /// How far the caller's clock is ahead of ours at least, as it worked out from our answers; zero when it does not say. Only the caller can tell
    /// a wrong clock from a slow line.
    /// </summary>
    public static TimeSpan ClockSkewOf(HttpContext context) =>
        double.TryParse(context.Request.Headers[WireJson.ClockSkewHeader], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;

    /// <inheritdoc />
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers[WireJson.ProtocolHeader] = WireJson.ProtocolVersion.ToString(CultureInfo.InvariantCulture);
        var sent = http.Request.Headers[WireJson.ProtocolHeader].ToString();
        if (sent.Length == 0)
        {
            return await next(context);
        }

        if (!int.TryParse(sent, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            return ProblemKind.ValidationFailed.Because($"The header {WireJson.ProtocolHeader} is a whole number, not what was sent.");
        }

        var range = ProtocolRange.Present;
        return range.Includes(version)
            ? await next(context)
            : ProblemKind.UpgradeRequired.Because(
                $"This server speaks the protocol versions {range.Oldest} to {range.Newest}; the agent speaks {version}.");
    }
}
