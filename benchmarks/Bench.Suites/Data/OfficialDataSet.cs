namespace Bench.Suites.Data;

/// <summary>A data set that a benchmark's authors name. Bench never fetches one: people put it into the data folder.</summary>
/// <param name="Name">Folder below <c>official</c>, as its archive calls it.</param>
/// <param name="Entry">A file or folder that must be inside, by which the layout is recognised.</param>
/// <param name="Origin">Where it comes from and under which terms.</param>
public sealed record OfficialDataSet(string Name, string Entry, string Origin)
{
    /// <summary>Every official data set that a task can use.</summary>
    public static IReadOnlyList<OfficialDataSet> All { get; } =
    [
        new("lra_release", "listops-1000", "the archive lra_release of the Long Range Arena (google-research/long-range-arena)"),
        new("aclImdb", "train", "the Large Movie Review data set of Stanford (aclImdb_v1)"),
        new("cifar-10-batches-bin", "data_batch_1.bin", "CIFAR-10, binary version, of the University of Toronto"),
        new("LJSpeech-1.1", "metadata.csv", "the LJ Speech data set (public domain)"),
        new("multi-news", "train.src.cleaned", "Multi-News (Fabbri et al., arXiv:1906.01749), for research"),
        new("pg19", "train", "PG-19 (Rae et al., arXiv:1911.05507), books before 1919"),
        new("wikitext-103", "wiki.train.tokens", "WikiText-103 (Merity et al., arXiv:1609.07843), CC BY-SA"),
        new("gpt2", "vocab.json", "GPT-2's published tokeniser (vocab.json and merges.txt; Radford et al., 2019)"),
        new("ETT-small", "ETTh1.csv", "ETDataset (Zhou et al., arXiv:2012.07436), CC BY-ND"),
        new("ECL", "ECL.csv", "electricity load of 321 clients, as Informer prepares it"),
        new("WTH", "WTH.csv", "local climatological data of the US, as Informer prepares it"),
        new("PCN", "PCN.json", "the PCN completion set (Yuan et al., arXiv:1808.00671), under the terms of ShapeNet"),
        new("ffhq", "images", "Flickr-Faces-HQ at 128×128, CC BY-NC-SA"),
        new("celeba-hq", "images", "CelebA-HQ at 128×128, for research"),
    ];

    /// <summary>The data set with this folder name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message names all.</exception>
    public static OfficialDataSet Get(string name) => All.FirstOrDefault(set => set.Name == name)
        ?? throw new KeyNotFoundException($"There is no official data set '{name}'; there are {string.Join(", ", All.Select(set => set.Name))}.");
}
