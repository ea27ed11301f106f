using Bench.Domain.Leasing;
using Bench.Domain.Results;

namespace Bench.Domain.Tests.Results;

public sealed class FailureClassesTests
{
    [Fact]
    public void Failure_that_is_a_result_is_never_repeated() =>
        Assert.All(Enum.GetValues<FailureClass>().Where(failure => failure.IsResult), failure => Assert.Equal(1, RetryRule.MaxAttempts(failure)));

    [Theory]
    [InlineData(FailureClass.OutOfMemory, "OOM")]
    [InlineData(FailureClass.Timeout, "T/O")]
    [InlineData(FailureClass.Unsupported, "n/s")]
    [InlineData(FailureClass.Incorrect, "BAD")]
    [InlineData(FailureClass.Crashed, "ERR")]
    public void Every_class_has_its_mark(FailureClass failure, string glyph) => Assert.Equal(glyph, failure.Glyph);
}
