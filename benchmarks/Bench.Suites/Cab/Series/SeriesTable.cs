using System.Globalization;
using Bench.Domain.Randomness;
using Bench.Suites.Data;

namespace Bench.Suites.Cab.Series;

/// <summary>Several variables over equal steps of time.</summary>
/// <param name="Times">R moments, ascending.</param>
/// <param name="Columns">Names of the C variables.</param>
/// <param name="Values">Numbers, <c>[R, C]</c> row-major.</param>
public sealed record SeriesTable(IReadOnlyList<DateTime> Times, IReadOnlyList<string> Columns, float[] Values)
{
    /// <summary>Rows.</summary>
    public int Rows => Times.Count;

    /// <summary>Time between two rows.</summary>
    public TimeSpan Step => Times[1] - Times[0];

    /// <summary>
    /// Reads a comma-separated file with a header, a first column <c>date</c> and numbers: the layout of ETT, ECL and WTH.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataMissingException">The file is not there.</exception>
    /// <exception cref="InvalidDataException">Another header, or a line that does not fit it; the message names the line.</exception>
    public static SeriesTable ReadCsv(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataMissingException($"The series '{Path.GetFileName(path)}' is not in '{Path.GetDirectoryName(path)}'. It belongs to the data set; 'bench data status' shows its origin.");
        }

        using var reader = new StreamReader(path);
        var header = (reader.ReadLine() ?? "").TrimStart('\uFEFF').Split(',');
        if (header.Length < 2 || header[0] != "date")
        {
            throw new InvalidDataException($"'{path}' must start with a header 'date,…' and at least one variable; it starts with '{string.Join(',', header)}'.");
        }

        var (times, values, line) = (new List<DateTime>(), new List<float>(), 1);
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (text.Length == 0)
            {
                continue;
            }

            var parts = text.Split(',');
            if (parts.Length != header.Length || !DateTime.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            {
                throw new InvalidDataException($"Line {line} of '{path}' has {parts.Length} fields and the date '{parts[0]}'; the header has {header.Length} fields.");
            }

            times.Add(time);
            for (var i = 1; i < parts.Length; i++)
            {
                values.Add(float.TryParse(parts[i], CultureInfo.InvariantCulture, out var value) && float.IsFinite(value)
                    ? value
                    : throw new InvalidDataException($"Line {line} of '{path}': '{parts[i]}' in column '{header[i]}' is no finite number."));
            }
        }

        return new SeriesTable(times, header[1..], [.. values]);
    }

    /// <summary>The daily weather of Seattle and New York, 2012–2015, side by side: eight variables of one file in long form.</summary>
    /// <param name="path"><c>weather.csv</c> of the package.</param>
    /// <exception cref="InvalidDataException">Another header, or the cities' days differ.</exception>
    public static SeriesTable ReadDailyWeather(string path)
    {
        const string Header = "location,date,precipitation,temp_max,temp_min,wind,weather";
        var lines = File.ReadAllLines(path);
        if (lines[0] != Header)
        {
            throw new InvalidDataException($"'{path}' must start with '{Header}'; it starts with '{lines[0]}'.");
        }

        var cities = lines.Skip(1).Select(line => line.Split(',')).GroupBy(parts => parts[0]).Select(city => city.ToList()).ToList();
        if (cities.Any(city => !city.Select(parts => parts[1]).SequenceEqual(cities[0].Select(parts => parts[1]))))
        {
            throw new InvalidDataException($"The cities of '{path}' have different days.");
        }

        var names = Header.Split(',')[2..6];
        return new SeriesTable(
            [.. cities[0].Select(parts => DateTime.Parse(parts[1], CultureInfo.InvariantCulture))],
            [.. cities.SelectMany(city => names.Select(name => $"{city[0][0]} {name}"))],
            [.. Enumerable.Range(0, cities[0].Count).SelectMany(row => cities.SelectMany(city => city[row][2..6].Select(text => float.Parse(text, CultureInfo.InvariantCulture))))]);
    }

    /// <summary>The table with one variable.</summary>
    /// <param name="column">Which, from 0.</param>
    public SeriesTable Only(int column) => new(Times, [Columns[column]], [.. Enumerable.Range(0, Rows).Select(row => Values[(row * Columns.Count) + column])]);

    /// <summary>
    /// Hourly series made by rule: a slow trend, a daily and a weekly season with own phases, and noise that remembers its last value (AR(1), 0.8).
    /// </summary>
    /// <param name="seed">The same seed gives the same table.</param>
    /// <param name="rows">R.</param>
    /// <param name="columns">C.</param>
    public static SeriesTable Synthetic(long seed, int rows, int columns)
    {
        var values = new float[rows * columns];
        for (var column = 0; column < columns; column++)
        {
            var random = new CounterRandom(seed, column);
            double daily = 0.5 + random.NextDouble(), weekly = 0.5 * random.NextDouble(), trend = random.NextNormal(), noise = 0;
            double dailyPhase = 2 * Math.PI * random.NextDouble(), weeklyPhase = 2 * Math.PI * random.NextDouble();
            for (var row = 0; row < rows; row++)
            {
                noise = (0.8 * noise) + (0.2 * random.NextNormal());
                values[(row * columns) + column] = (float)((trend * row / rows) + (daily * Math.Sin((2 * Math.PI * row / 24) + dailyPhase))
                    + (weekly * Math.Sin((2 * Math.PI * row / 168) + weeklyPhase)) + noise);
            }
        }

        var start = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        return new SeriesTable([.. Enumerable.Range(0, rows).Select(row => start.AddHours(row))], [.. Enumerable.Range(0, columns).Select(column => $"x{column}")], values);
    }
}
