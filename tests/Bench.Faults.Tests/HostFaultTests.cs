using System.Diagnostics;
using Bench.Data.Tests;

namespace Bench.Faults.Tests;

/// <summary>What goes wrong on one machine: its disk is full, its clock jumps.</summary>
[Trait("Category", "Slow")]
public sealed class HostFaultTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Full_disk_under_the_spool_loses_and_doubles_nothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a small file system of its own needs root");
        await FaultReport.RunAsync(output, "full disk under the spool", FillAsync);
    }

    private static async Task<(int Times, LedgerEntry? Ledger, string Detail)> FillAsync()
    {
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        using var server = await ServerProcess.StartAsync(test.ConnectionString);
        using var disk = SmallDisk.Mount(kilobytes: 256);
        var times = Math.Max(3, FaultWorld.Rounds / 40);
        LedgerEntry ledger;
        using (var crew = await Crew.StartAsync(test, [server.Address], agents: 3, cells: 120, surroundings: new Surroundings { Folder = disk.Folder }))
        {
            var dead = 0;
            for (var i = 0; i < times; i++)
            {
                await FaultWorld.SomeWorkIsDoneAsync(test, 8);
                disk.Fill();
                var goal = Math.Max(0, await FaultWorld.OpenAsync(test) - 8);
                // An agent that cannot spool sends its result at once; one that ends over it is started again, as its service manager would.
                await FaultWorld.UntilAsync(
                    async () => (dead += crew.Revive()) > 3 * (i + 1) || await FaultWorld.OpenAsync(test) <= goal, TimeSpan.FromMinutes(2));
                disk.Free();
                crew.Revive();
            }

            await Ledger.DrainAsync(test, TimeSpan.FromMinutes(3), () => crew.Revive());
            ledger = await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged());
        }

        return (times, ledger, "A file system of 256 KiB, filled to the last byte.");
    }

    [Theory]
    [InlineData("server")]
    [InlineData("agents")]
    public async Task Clock_that_jumps_loses_and_doubles_nothing(string whose) => await FaultReport.RunAsync(output, $"clock of the {whose} jumps", async () =>
    {
        using var clock = FakeClock.Create();
        await using var test = await FaultWorld.DatabaseAsync(PostgresCluster.Shared);
        var jumping = new Surroundings { Environment = clock.Environment };
        using var server = await ServerProcess.StartAsync(test.ConnectionString, surroundings: whose == "server" ? jumping : null);
        using var crew = await Crew.StartAsync(test, [server.Address], agents: 3, cells: 120, surroundings: whose == "agents" ? jumping : null);
        int[] seconds = [3_600, -7, 40, -3_600, 0];
        foreach (var offset in seconds)
        {
            await FaultWorld.SomeWorkIsDoneAsync(test, 8);
            clock.Set(TimeSpan.FromSeconds(offset));
        }

        await Ledger.DrainAsync(test, TimeSpan.FromMinutes(4));
        return (seconds.Length, await Ledger.CheckAsync(test, crew.Planned, crew.Acknowledged()), "Offsets of 1 h, -7 s, 40 s, -1 h and 0.");
    });

    /// <summary>A file system that is full after a few hundred kilobytes.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string folder) => Folder = folder;

        public string Folder { get; }

        private string Ballast => Path.Combine(Folder, "ballast");

        public static SmallDisk Mount(int kilobytes)
        {
            var folder = Directory.CreateTempSubdirectory("bench-disk-").FullName;
            Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", folder);
            return new SmallDisk(Directory.CreateDirectory(Path.Combine(folder, "crew")).FullName);
        }

        public void Fill()
        {
            // Without a buffer: what it could not write it would try again at its end.
            using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                while (true)
                {
                    ballast.Write(new byte[512]);
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Free() => File.Delete(Ballast);

        public void Dispose()
        {
            var mount = Path.GetDirectoryName(Folder)!;
            Run("umount", "-l", mount);
            Directory.Delete(mount);
        }

        private static void Run(string program, params string[] arguments)
        {
            using var process = Process.Start(program, arguments);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }

    /// <summary>A clock for processes that can be set while they run (libfaketime, which <c>./test</c> installs). Intervals go on as they were.</summary>
    private sealed class FakeClock : IDisposable
    {
        private readonly string _file = Path.GetTempFileName();

        private FakeClock(string library)
        {
            Set(TimeSpan.Zero);
            Environment = new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = library,
                ["FAKETIME_TIMESTAMP_FILE"] = _file,
                ["FAKETIME_NO_CACHE"] = "1",
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            };
        }

        public IReadOnlyDictionary<string, string> Environment { get; }

        public static FakeClock Create() => new(
            Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true })
                .FirstOrDefault() ?? throw new InvalidOperationException("libfaketime was not found. ./test installs it (apt-get install libfaketime)."));

        public void Set(TimeSpan offset)
        {
            var half = _file + ".new";
            File.WriteAllText(half, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? "" : "+")}{offset.TotalSeconds:0}\n"));
            File.Move(half, _file, overwrite: true);
        }

        public void Dispose() => File.Delete(_file);
    }
}
