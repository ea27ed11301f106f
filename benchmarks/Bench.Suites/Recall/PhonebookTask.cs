using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/phonebook</c>: trains on rows of <see cref="Phonebook"/>.</summary>
public sealed class PhonebookTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "phonebook",
        "Phonebook",
        "Looks up one number in a list of as many entries as the length holds; fixed states fail long before.",
        "arXiv:2406.07887");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["names"] = "64",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new Phonebook(new PhonebookOptions
    {
        Entries = Phonebook.EntriesWithin(read.Cell.Length),
        Names = read.Int("names", 2),
    });
}
