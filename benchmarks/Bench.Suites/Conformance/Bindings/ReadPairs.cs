using Bench.Attention;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Which pairs of query and key an operator reads, asked through its outputs: with the unit matrix for values they are its weights.</summary>
internal static class ReadPairs
{
    /// <summary>True where a query gives a key some weight: <c>[B, H, N, M]</c>.</summary>
    /// <param name="implementation">Implementation id.</param>
    /// <param name="inputs">Queries and keys; the values do not matter.</param>
    /// <param name="options">Options of the implementation.</param>
    public static Tensor Of(string implementation, AttentionInputs inputs, IReadOnlyDictionary<string, string> options)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        long[] query = inputs.Query.shape, key = inputs.Key.shape;
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, (int)query[1], (int)query[3])
        {
            KeyValueHeads = (int)key[1],
            ValueSize = (int)key[2],
            MaxLength = (int)key[2],
        };
        using var attention = AttentionCatalogue.CreateOperator(implementation, settings, options);
        var unit = eye(key[2], dtype: inputs.Key.dtype).expand(key[0], key[1], key[2], key[2]);
        return attention.forward(inputs with { Value = unit }).ne(0).MoveToOuterDisposeScope();
    }
}
