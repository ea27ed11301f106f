using Bench.Suites.Training;

namespace Bench.Suites.Cab.Series;

/// <summary>A batch of windows as plain arrays.</summary>
/// <param name="Rows">B.</param>
/// <param name="Known">Standardised values that are read, <c>[B, S, C]</c>.</param>
/// <param name="KnownTimes">Their moments, <c>[B, S, F]</c>.</param>
/// <param name="FutureTimes">Moments to forecast, <c>[B, P, F]</c>.</param>
/// <param name="Future">Standardised values to forecast, <c>[B, P, C]</c>.</param>
public sealed record SeriesBatch(int Rows, float[] Known, float[] KnownTimes, float[] FutureTimes, float[] Future);

/// <summary>Where training ends, validation ends and the test ends, in rows.</summary>
/// <param name="Train">Rows of the training part, from the start.</param>
/// <param name="Validation">End of the validation part.</param>
/// <param name="Test">End of the test part.</param>
public sealed record SeriesBorders(int Train, int Validation, int Test)
{
    /// <summary>ETT: 12, 4 and 4 months of 30 days.</summary>
    /// <param name="perHour">Rows per hour: 1 or 4.</param>
    public static SeriesBorders Months(int perHour) => new(12 * 30 * 24 * perHour, 16 * 30 * 24 * perHour, 20 * 30 * 24 * perHour);

    /// <summary>All other sets: 70 % training, the last 20 % test.</summary>
    public static SeriesBorders Shares(int rows) => new((int)(rows * 0.7), rows - (int)(rows * 0.2), rows);
}

/// <summary>
/// Cuts a table into windows of S known and P future steps, standardised with mean and deviation of the training rows. A held-out part's first window begins
/// S rows before the part, as published.
/// </summary>
public sealed class SeriesWindows
{
    private readonly SeriesTable _table;
    private readonly SeriesBorders _borders;
    private readonly float[] _values;
    private readonly float[] _moments;

    /// <summary>Prepares the table.</summary>
    /// <param name="table">All rows.</param>
    /// <param name="borders">Where parts end.</param>
    /// <param name="inputs">S.</param>
    /// <param name="horizon">P.</param>
    /// <exception cref="ArgumentException">A part is too short for one window.</exception>
    public SeriesWindows(SeriesTable table, SeriesBorders borders, int inputs, int horizon)
    {
        (_table, _borders, Inputs, Horizon) = (table, borders, inputs, horizon);
        if (borders.Test > table.Rows || borders.Train < inputs + horizon || borders.Validation - borders.Train < horizon || borders.Test - borders.Validation < horizon)
        {
            throw new ArgumentException(
                $"The series has {table.Rows} rows, cut at {borders.Train}, {borders.Validation} and {borders.Test}: too few for windows of {inputs} + {horizon} steps. Choose a shorter window.");
        }

        _values = Standardise();
        (Features, _moments) = SeriesMoments.Of(table);
    }

    /// <summary>S.</summary>
    public int Inputs { get; }

    /// <summary>P.</summary>
    public int Horizon { get; }

    /// <summary>C.</summary>
    public int Channels => _table.Columns.Count;

    /// <summary>F.</summary>
    public int Features { get; }

    /// <summary>Windows of the training part.</summary>
    public int TrainCount => _borders.Train - Inputs - Horizon + 1;

    /// <summary>Windows of a held-out part.</summary>
    public int Count(EvaluationSplit split) => (split == EvaluationSplit.Test ? _borders.Test - _borders.Validation : _borders.Validation - _borders.Train) - Horizon + 1;

    /// <summary>First row of a held-out part's window.</summary>
    public int Start(EvaluationSplit split, int window) => (split == EvaluationSplit.Test ? _borders.Validation : _borders.Train) - Inputs + window;

    /// <summary>Windows that begin at these rows.</summary>
    public SeriesBatch Batch(ReadOnlySpan<int> starts)
    {
        var batch = new SeriesBatch(
            starts.Length, new float[starts.Length * Inputs * Channels], new float[starts.Length * Inputs * Features],
            new float[starts.Length * Horizon * Features], new float[starts.Length * Horizon * Channels]);
        for (var i = 0; i < starts.Length; i++)
        {
            Copy(_values, Channels, starts[i], Inputs, batch.Known, i);
            Copy(_moments, Features, starts[i], Inputs, batch.KnownTimes, i);
            Copy(_moments, Features, starts[i] + Inputs, Horizon, batch.FutureTimes, i);
            Copy(_values, Channels, starts[i] + Inputs, Horizon, batch.Future, i);
        }

        return batch;
    }

    private static void Copy(float[] from, int width, int row, int rows, float[] to, int window) =>
        from.AsSpan(row * width, rows * width).CopyTo(to.AsSpan(window * rows * width));

    private float[] Standardise()
    {
        var (columns, values) = (Channels, (float[])_table.Values.Clone());
        for (var column = 0; column < columns; column++)
        {
            double sum = 0, squares = 0;
            for (var row = 0; row < _borders.Train; row++)
            {
                sum += values[(row * columns) + column];
            }

            var mean = sum / _borders.Train;
            for (var row = 0; row < _borders.Train; row++)
            {
                squares += Math.Pow(values[(row * columns) + column] - mean, 2);
            }

            // A constant column stays 0, as in the published code's scaler.
            var deviation = squares > 0 ? Math.Sqrt(squares / _borders.Train) : 1;
            for (var row = 0; row < _table.Rows; row++)
            {
                values[(row * columns) + column] = (float)((values[(row * columns) + column] - mean) / deviation);
            }
        }

        return values;
    }
}
