namespace Bench.Suites.Lra;

/// <summary>Part of a data set.</summary>
public enum LraSplit
{
    /// <summary>For training.</summary>
    Train,

    /// <summary>For choosing hyperparameters and stopping.</summary>
    Validation,

    /// <summary>For the reported figure, once.</summary>
    Test,
}

/// <summary>A row of a released data set.</summary>
/// <param name="Tokens">Ids from 1; 0 pads.</param>
/// <param name="Label">Class.</param>
public sealed record LabelledTokens(IReadOnlyList<int> Tokens, int Label);

/// <summary>Where released files are expected, and what to say when they are not there.</summary>
internal static class LraFiles
{
    /// <summary>The path, checked.</summary>
    /// <exception cref="FileNotFoundException">There is no such file; the message says where it comes from.</exception>
    public static string Require(string folder, string name, string origin)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"'{path}' is missing. It comes from {origin}; put it there or give another folder.", path);
    }

    /// <summary>The folder, checked.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder; the message says where it comes from.</exception>
    public static string RequireFolder(string folder, string name, string origin)
    {
        var path = Path.Combine(folder, name);
        return Directory.Exists(path)
            ? path
            : throw new DirectoryNotFoundException($"'{path}' is missing. It comes from {origin}; put it there or give another folder.");
    }
}
