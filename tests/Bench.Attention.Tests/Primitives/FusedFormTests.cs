using System.Diagnostics;
using System.Runtime.Intrinsics;
using Bench.Attention.Primitives;
using Bench.Attention.Tests.Laws;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives;

/// <summary>
/// The fused kernels by themselves, in every vector width, against the token form in double precision: outputs, states, gradients; then once more in
/// processes whose runtime has narrower instructions only.
/// </summary>
public sealed class FusedFormTests
{
    // Set in the child processes: they must not start children of their own.
    private const string Child = "BENCH_TEST_FUSED_CHILD";

    public static IEnumerable<TheoryDataRow<string, int, int, int>> Cases() =>
        from kind in new[] { "additive", "elu-normalised", "fixed-decay", "scalar-decay", "vector-decay", "strong-decay", "bonus", "delta", "gated-delta", "vector-delta", "low-rank", "unit-key" }
        from lanes in new[] { 16, 8, 1 }
        // Whole blocks and vectors, rows and tokens left over, and so many tokens that the scan looks ahead.
        from sizes in new[] { (Length: 32, Size: 32), (Length: 17, Size: 12), (Length: 530, Size: 8) }
        select new TheoryDataRow<string, int, int, int>(kind, lanes, sizes.Length, sizes.Size);

    [Theory, MemberData(nameof(Cases))]
    public void Outputs_states_and_gradients_equal_the_token_form_in_double_precision(string kind, int lanes, int length, int size)
    {
        using var scope = NewDisposeScope();
        set_num_threads(1);
        var drawn = Draw(kind, length, size);
        var (expected, wanted) = Differentiate(drawn, TokenForm.Instance, ScalarType.Float64);
        var (found, gradients) = Differentiate(drawn, new FusedForm(lanes), ScalarType.Float32);

        Law.Near(expected.Output, found.Output, 2e-5, "Output");
        Law.Near(expected.State, found.State, 2e-5, "State");
        for (var i = 0; i < wanted.Count; i++)
        {
            Law.Near(wanted[i], gradients[i], 1e-4, $"Gradient {i}");
        }
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512", 8)]
    [InlineData("DOTNET_EnableAVX2", 1)]
    [InlineData("DOTNET_EnableHWIntrinsic", 1)]
    public async Task A_runtime_with_narrower_instructions_gives_the_same(string variable, int widest)
    {
        if (Environment.GetEnvironmentVariable(Child) is not null)
        {
            Assert.Skip("This is such a runtime.");
        }

        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "-class", typeof(FusedFormTests).FullName!, "-noColor" },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment[variable] = "0";
        start.Environment[Child] = $"{widest}";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_switch_of_a_child_process_takes_its_instructions_away()
    {
        if (Environment.GetEnvironmentVariable(Child) is not { } widest)
        {
            Assert.Skip("Only in the processes that the test above starts.");
            return;
        }

        var lanes = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 1;
        Assert.True(lanes <= int.Parse(widest, System.Globalization.CultureInfo.InvariantCulture), $"{lanes} lanes are left.");
    }

    private static Recurrence Draw(string kind, int length, int size)
    {
        using var generator = new Generator(21, CPU);
        Tensor Normal(params long[] sizes) => randn(sizes, generator: generator);
        Tensor Rows() => Normal(1, 2, length, size);
        Tensor Unit() => nn.functional.normalize(Rows(), dim: -1);
        Tensor Log(params long[] sizes) => nn.functional.logsigmoid(Normal(sizes));
        var plain = new Recurrence(Rows(), Unit(), Normal(1, 2, length, size + 4))
        {
            Scale = 0.5,
            State = Normal(1, 2, size, size + 4) * 0.1,
        };
        var strength = Normal(1, 2, length, 1).sigmoid();
        return kind switch
        {
            "additive" => plain,
            "elu-normalised" => plain with { EluPlusOne = true, NormaliserEpsilon = 1e-6, State = null, Scale = 1 },
            "fixed-decay" => plain with { LogDecay = tensor([-0.1f, -0.01f]).view(1, 2, 1, 1) },
            "scalar-decay" => plain with { LogDecay = Log(1, 2, length, 1) },
            "vector-decay" => plain with { LogDecay = Log(1, 2, length, size) },
            "strong-decay" => plain with { LogDecay = Log(1, 2, length, size) * 40 },
            "bonus" => plain with { LogDecay = Log(1, 2, length, size), Bonus = Normal(2, size) },
            "delta" => plain with { Strength = strength },
            "gated-delta" => plain with { Strength = strength, LogDecay = Log(1, 2, length, 1) },
            "vector-delta" => plain with { Strength = strength, LogDecay = Log(1, 2, length, size) },
            "low-rank" => plain with { LogDecay = Log(1, 2, length, size), CorrectionRead = -Unit(), CorrectionWrite = Unit() * 0.5 },
            "unit-key" => plain with { FromUnitKey = true, LogDecay = Rows() - 1, CorrectionRead = Unit(), CorrectionWrite = Rows().sigmoid() },
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
        };
    }

    /// <summary>The pass, and the gradients of every tensor that takes part, of a sum over outputs and the last state.</summary>
    private static (RecurrenceResult Result, List<Tensor> Gradients) Differentiate(Recurrence drawn, RecurrenceForm form, ScalarType dtype)
    {
        // A decay that is not one number a token has no gradient in the kernels: it is no parameter anywhere.
        var leaves = drawn.Tensors().Select(tensor => tensor?.detach().to(dtype).requires_grad_(tensor.dim() < 4 || tensor.shape[2] > 1)).ToArray();
        var result = form.Run(drawn.With(leaves));
        var loss = (result.Output * Law.Cotangent(result.Output)).sum() + (result.State * Law.Cotangent(result.State)).sum();
        var wanted = leaves.Where(leaf => leaf is { requires_grad: true }).Select(leaf => leaf!).ToList();
        return (result, [.. autograd.grad([loss], wanted)]);
    }
}
