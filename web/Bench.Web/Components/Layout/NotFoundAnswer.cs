namespace Bench.Web.Components.Layout;

/// <summary>Pages that explain what was not found, instead of the general not-found page.</summary>
internal static class NotFoundAnswer
{
    /// <summary>Answers 404 with the page that is being rendered.</summary>
    public static void AnswerNotFound(this HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        // Without a content type the renderer leaves a 404 to the middleware and sends no page.
        http.Response.ContentType = "text/html; charset=utf-8";
    }
}
