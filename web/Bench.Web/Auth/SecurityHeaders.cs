namespace Bench.Web.Auth;

/// <summary>What browsers may do with our pages: only our own scripts and styles, no frames except <c>/embed</c>, no guessing of types.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string Common = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self'; connect-src 'self'; "
        + "object-src 'none'; base-uri 'self'; form-action 'self'; ";

    private const string Pages = Common + "script-src 'self'; frame-ancestors 'none'";
    private const string Embeds = Common + "script-src 'self'; frame-ancestors *";

    // The interactive API page starts itself with an inline script. It shows nothing but the public description.
    private const string ApiReference = Common + "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var embed = path.StartsWithSegments("/embed");
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = embed ? Embeds : path.StartsWithSegments("/scalar") ? ApiReference : Pages;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (!embed)
        {
            headers.XFrameOptions = "DENY";
        }

        return next(context);
    }
}
