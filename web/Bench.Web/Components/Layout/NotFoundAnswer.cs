namespace Bench.Web.Components.Layout;

/// <summary>Pages that explain what was not found, instead of the general not-found page.</summary>
internal static class NotFoundAnswer
{
    /// <summary>Answers 404 with the page that is being rendered.</summary>
    /// <remarks>The renderer sends nothing once the status is 404, so it is set when the answer starts.</remarks>
    public static void AnswerNotFound(this HttpContext http) => http.Response.OnStarting(() =>
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });
}
