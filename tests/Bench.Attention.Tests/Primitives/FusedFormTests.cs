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
        from kind in new[]
        {
            "additive", "elu-normalised", "fixed-decay", "scalar-decay", "vector-decay", "strong-scalar-decay", "strong-decay", "bonus", "scalar-bonus",
            "delta", "gated-delta", "strong-gated-delta", "vector-delta", "low-rank", "scalar-low-rank", "strong-low-rank", "unit-key", "fixed-unit-key",
        }
        from lanes in new[] { 16, 8, 1 }
        // Whole blocks and vectors, rows and tokens left over, and so many tokens that the scan looks ahead.
        from sizes in new[] { (Length: 32, Size: 32), (Length: 17, Size: 12), (Length: 530, Size: 8) }
        select new TheoryDataRow<string, int, int, int>(kind, lanes, sizes.Length, sizes.Size);

    [Theory, MemberData(nameof(Cases))]
    public void Outputs_states_and_gradients_equal_the_token_form_in_double_precision(string kind, int lanes, int length, int size)
    {
        using var scope = NewDisposeScope();
        set_num_threads(1);
        var drawn = RecurrenceCases.Draw(kind, 1, length, size);
        var (expected, wanted) = RecurrenceCases.Differentiate(drawn, TokenForm.Instance, ScalarType.Float64);
        var (found, gradients) = RecurrenceCases.Differentiate(drawn, new FusedForm(lanes), ScalarType.Float32);

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
}
