namespace Bench.Web.Exports;

/// <summary>Where tables are written before they are sent or kept.</summary>
internal static class ExportFiles
{
    /// <summary>A file that is gone when it is closed.</summary>
    public static FileStream Temporary() => new(
        Path.Combine(Path.GetTempPath(), $"bench-export-{Guid.NewGuid():N}"),
        new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous });
}
