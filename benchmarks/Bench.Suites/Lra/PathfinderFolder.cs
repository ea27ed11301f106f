using System.Globalization;

namespace Bench.Suites.Lra;

/// <summary>
/// Released Pathfinder images, <c>pathfinder32/curv_contour_length_14/{imgs,metadata}</c> of lra_release. Metadata files are plain text
/// despite their
/// name <c>.npy</c>; empty images (there is one) are skipped. The first 80 % are training, the next 10 % validation, the rest test.
/// </summary>
public static class PathfinderFolder
{
    private const string Origin = "the archive lra_release of the Long Range Arena";

    /// <summary>Pixel tokens 0 … 255 and classes of a split, in stored order.</summary>
    /// <param name="folder">Folder of <c>pathfinder32</c> and its siblings.</param>
    /// <param name="size">Pixels per side: 32, 64, 128 or 256.</param>
    /// <param name="split">Which part.</param>
    /// <param name="difficulty"><c>curv_contour_length_14</c> (hard), <c>curv_contour_length_9</c> or <c>curv_baseline</c>.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="InvalidDataException">A metadata line or an image is not of the released form.</exception>
    public static IEnumerable<LabelledTokens> Read(string folder, int size, LraSplit split, string difficulty = "curv_contour_length_14")
    {
        var name = Path.Combine(string.Create(CultureInfo.InvariantCulture, $"pathfinder{size}"), difficulty);
        var root = LraFiles.RequireFolder(folder, name, Origin);
        var entries = Directory.GetFiles(LraFiles.RequireFolder(root, "metadata", Origin), "*.npy").OrderBy(Number)
            .SelectMany(Entries).Where(entry => new FileInfo(Path.Combine(root, entry.Image)).Length > 0).ToList();
        var (train, validation) = (entries.Count * 8 / 10, entries.Count / 10);
        var part = split switch
        {
            LraSplit.Train => entries[..train],
            LraSplit.Validation => entries[train..(train + validation)],
            _ => entries[(train + validation)..],
        };
        return part.Select(entry => Row(Path.Combine(root, entry.Image), size, entry.Label));
    }

    private static int Number(string path) => int.TryParse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new InvalidDataException($"'{path}' is not named by a number as metadata files are.");

    private static IEnumerable<(string Image, int Label)> Entries(string path)
    {
        foreach (var (index, line) in File.ReadLines(path).Where(line => line.Length > 0).Index())
        {
            // Image folder, file name, index, class, then the generator's settings.
            var cells = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length < 4 || cells[3] is not ("0" or "1"))
            {
                throw new InvalidDataException($"Line {index + 1} of '{path}' has no image and class. Convert a binary file to lines of "
                    + "text.");
            }

            yield return (Path.Combine(cells[0], cells[1]), cells[3] == "1" ? 1 : 0);
        }
    }

    private static LabelledTokens Row(string path, int size, int label)
    {
        var (width, height, pixels) = GreyPng.Read(path);
        return width == size && height == size
            ? new LabelledTokens([.. pixels.Select(pixel => (int)pixel)], label)
            : throw new InvalidDataException($"'{path}' is {width} × {height} instead of {size} × {size}.");
    }
}
