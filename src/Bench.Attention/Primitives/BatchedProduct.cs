namespace Bench.Attention.Primitives;

/// <summary>Batched matrix products that end in a sum, which costs no pass of its own.</summary>
internal static class BatchedProduct
{
    /// <summary><c>sum + left · right</c>, or minus.</summary>
    /// <param name="sum">What is added to: <c>[G, M, N]</c>.</param>
    /// <param name="left"><c>[G, M, K]</c>.</param>
    /// <param name="right"><c>[G, K, N]</c>.</param>
    /// <param name="sign">1 or −1.</param>
    // TorchSharp 0.107 hands on receiver, first and second argument as left, right and sum, whatever it calls them.
    public static Tensor Add(Tensor sum, Tensor left, Tensor right, float sign = 1) => left.baddbmm(right, sum, beta: 1, alpha: sign);
}
