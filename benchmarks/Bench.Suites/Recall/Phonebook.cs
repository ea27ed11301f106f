using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of phonebook look-up.</summary>
public sealed record PhonebookOptions
{
    /// <summary>Entries of the book, worked look-ups included; at least three.</summary>
    public int Entries { get; init; } = 20;

    /// <summary>First names and, as many again, last names.</summary>
    public int Names { get; init; } = 64;
}

/// <summary>A list of names with seven-digit numbers, two worked look-ups, then one name whose number is to be written.</summary>
/// <remarks>
/// Jelassi et al., arXiv:2402.01032, and Waleffe et al., arXiv:2406.07887, section 3: fixed-state models degrade with the number of
/// entries. No
/// generator was published; layout and sizes are our own.
/// </remarks>
public sealed class Phonebook : TokenTask
{
    private const int Digits = 7;
    private const int EndOfEntry = 10;
    private const int Ask = 11;
    private const int Is = 12;
    private const int FirstName = 13;
    private const int EntryLength = 2 + Digits + 1;
    private const int LookUpLength = 4 + Digits + 1;
    private const int Examples = 2;
    private readonly PhonebookOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">Fewer than three entries, or more than there are names.</exception>
    public Phonebook(PhonebookOptions options) => _options = options.Entries > Examples && options.Entries <= options.Names * (long)options.Names
        ? options
        : throw new ArgumentException(
            $"A book of {options.Entries} entries needs three at least and no more than {options.Names}² different names.", nameof(options));

    /// <inheritdoc />
    public override string Name => "phonebook";

    /// <inheritdoc />
    public override int VocabularySize => FirstName + (2 * _options.Names);

    /// <inheritdoc />
    public override int Length => QuestionStart + LookUpLength - 2;

    /// <summary>Entries of the longest book whose row fits a length.</summary>
    public static int EntriesWithin(int length) => (length - ((Examples + 1) * LookUpLength) + 2) / EntryLength;

    private int BookLength => _options.Entries * EntryLength;

    private int QuestionStart => BookLength + (Examples * LookUpLength);

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var people = random.Distinct(0, _options.Names * _options.Names, _options.Entries);
        var tokens = new List<int>(Length + 2);
        var entries = people.Select(person => (First: FirstName + (person / _options.Names), Last: FirstName + _options.Names + (person % _options.Names),
            Number: Enumerable.Range(0, Digits).Select(_ => random.Next(10)).ToArray())).ToList();
        foreach (var (first, last, number) in entries)
        {
            tokens.AddRange([first, last, .. number, EndOfEntry]);
        }

        foreach (var asked in random.Distinct(0, entries.Count, Examples + 1))
        {
            tokens.AddRange([Ask, entries[asked].First, entries[asked].Last, Is, .. entries[asked].Number, EndOfEntry]);
        }

        tokens.Slice(0, Length).CopyTo(row.Inputs);
        tokens.Slice(QuestionStart + 4, Digits).CopyTo(row.Labels[(QuestionStart + 3)..]);
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var book = new Dictionary<(int, int), int[]>();
        for (var start = 0; start < BookLength; start += EntryLength)
        {
            var number = sample.Inputs.Slice(start + 2, Digits);
            var person = (sample.Inputs[start], sample.Inputs[start + 1]);
            if (!IsName(person) || number.ContainsAnyExceptInRange(0, 9) || sample.Inputs[start + EntryLength - 1] != EndOfEntry || !book.TryAdd(person, [.. number]))
            {
                return $"The entry at {start} is no new name with seven digits.";
            }
        }

        for (var lookUp = 0; lookUp <= Examples; lookUp++)
        {
            var start = BookLength + (lookUp * LookUpLength);
            var question = sample.Inputs[start..];
            if (question[0] != Ask || question[3] != Is || !book.Remove((question[1], question[2]), out var number))
            {
                return $"The look-up at {start} asks for no name of the book, or for one again.";
            }

            var shown = lookUp < Examples ? Digits : Digits - 1;
            if (!question.Slice(4, shown).SequenceEqual(number.AsSpan(0, shown)) || (lookUp < Examples && question[4 + Digits] != EndOfEntry))
            {
                return $"The look-up at {start} is not followed by the number of the book.";
            }

            if (lookUp == Examples)
            {
                return Differs(sample.Labels, [.. Enumerable.Repeat(TokenBatch.NotScored, start + 3), .. number]);
            }
        }

        return null;
    }

    private bool IsName((int First, int Last) person) =>
        person.First >= FirstName && person.First < FirstName + _options.Names && person.Last >= FirstName + _options.Names;
}
