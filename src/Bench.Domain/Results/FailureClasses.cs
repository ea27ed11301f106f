namespace Bench.Domain.Results;

/// <summary>Questions about failure classes, and how charts show them.</summary>
public static class FailureClasses
{
    extension(FailureClass failure)
    {
        /// <summary>Whether the failure says something about the cell, so that repeating it would only repeat it.</summary>
        public bool IsResult => failure is FailureClass.OutOfMemory or FailureClass.Timeout or FailureClass.Unsupported
            or FailureClass.Incorrect or FailureClass.Diverged;

        /// <summary>The short mark in charts and tables: OOM, T/O, n/s, BAD or ERR.</summary>
        public string Glyph => failure switch
        {
            FailureClass.OutOfMemory => "OOM",
            FailureClass.Timeout => "T/O",
            FailureClass.Unsupported => "n/s",
            FailureClass.Incorrect => "BAD",
            _ => "ERR",
        };
    }
}
