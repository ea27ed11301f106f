namespace Bench.Web.Api;

/// <summary>A kind of refusal. Its page at <c>/problems/{slug}</c> explains it.</summary>
/// <param name="Slug">Last part of the problem's type.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">One line, always the same.</param>
/// <param name="Remedy">What the caller can do.</param>
internal sealed record ProblemKind(string Slug, int Status, string Title, string Remedy)
{
    public static readonly ProblemKind ValidationFailed = new(
        "validation-failed", 400, "The message breaks a rule", "Correct the values that 'errors' points at, and send it again.");

    public static readonly ProblemKind MalformedJson = new(
        "malformed-json", 400, "The body is not the JSON that is expected here", "Send UTF-8 JSON with the fields of the API description and no others.");

    public static readonly ProblemKind InvalidCursor = new(
        "invalid-cursor", 400, "The cursor is not one of ours", "Start again without a cursor.");

    public static readonly ProblemKind Unauthenticated = new(
        "unauthenticated", 401, "A valid key is needed", "Send 'Authorization: Bearer <key>'; 'bench agent enroll' gets a key for a one-time code.");

    public static readonly ProblemKind Forbidden = new(
        "forbidden", 403, "The key does not permit this", "Use a key with the scope that the message names, or ask a maintainer.");

    public static readonly ProblemKind NotFound = new(
        "not-found", 404, "There is no such thing here", "Look at the list that contains it; ids are case sensitive.");

    public static readonly ProblemKind MethodNotAllowed = new(
        "method-not-allowed", 405, "This address does not take that method", "The header 'Allow' lists the methods that it takes.");

    public static readonly ProblemKind NotAcceptable = new(
        "not-acceptable", 406, "There is no such representation", "Accept one of application/json, text/csv, application/x-ndjson.");

    public static readonly ProblemKind Conflict = new(
        "conflict", 409, "The request contradicts what is stored", "Read the present state and decide anew.");

    public static readonly ProblemKind InvalidStateTransition = new(
        "invalid-state-transition", 409, "The present state does not permit this", "Read the present state; docs/queue.md draws the permitted moves.");

    public static readonly ProblemKind LeaseLost = new(
        "lease-lost", 409, "The lease is no longer held", "Stop the attempt and claim the next job; a finished result may still be sent.");

    public static readonly ProblemKind Superseded = new(
        "superseded", 409, "Another attempt succeeded first", "Delete the result; the job has its number.");

    public static readonly ProblemKind RequestInFlight = new(
        "in-flight", 409, "The first request with this idempotency key is still running", "Wait as 'Retry-After' says and send it again.");

    public static readonly ProblemKind PreconditionFailed = new(
        "precondition-failed", 412, "The object changed since you read it", "Read it again and repeat the change with its new ETag.");

    public static readonly ProblemKind PayloadTooLarge = new(
        "payload-too-large", 413, "The body is too large", "Send less: shorten the log tail, or split the suite.");

    public static readonly ProblemKind UnsupportedMediaType = new(
        "unsupported-media-type", 415, "The body must be JSON", "Send 'Content-Type: application/json'.");

    public static readonly ProblemKind IdempotencyKeyReused = new(
        "idempotency-key-reused", 422, "The idempotency key was used for another body", "Use a new key for a new request.");

    public static readonly ProblemKind UpgradeRequired = new(
        "upgrade-required", 426, "The protocol version is not supported", "Install the agent of this server's version.");

    public static readonly ProblemKind PreconditionRequired = new(
        "precondition-required", 428, "The change needs 'If-Match'", "Send the ETag of the version that you read.");

    public static readonly ProblemKind RateLimited = new(
        "rate-limited", 429, "Too many requests", "Wait as 'Retry-After' says.");

    public static readonly ProblemKind Internal = new(
        "internal", 500, "The server made a mistake", "Try again; if it repeats, report the trace id.");

    public static readonly ProblemKind Unavailable = new(
        "unavailable", 503, "The server cannot answer now", "Try again as 'Retry-After' says.");

    /// <summary>Every kind, in order of status.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        ValidationFailed, MalformedJson, InvalidCursor, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, Conflict,
        InvalidStateTransition, LeaseLost,
        Superseded, RequestInFlight, PreconditionFailed, PayloadTooLarge, UnsupportedMediaType, IdempotencyKeyReused, UpgradeRequired,
        PreconditionRequired, RateLimited, Internal, Unavailable,
    ];

    /// <summary>The kind that an answer without a body means.</summary>
    public static ProblemKind OfStatus(int status) => All.FirstOrDefault(kind => kind.Status == status) ?? (status >= 500 ? Internal : ValidationFailed);
}
