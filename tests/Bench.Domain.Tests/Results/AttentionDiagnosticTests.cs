using Bench.Domain.Results;

namespace Bench.Domain.Tests.Results;

public sealed class AttentionDiagnosticTests
{
    [Fact]
    public void Every_diagnostic_is_found_again_by_its_key()
    {
        Assert.All(AttentionDiagnostic.All, diagnostic => Assert.Equal((diagnostic, 12), AttentionDiagnostic.Of(diagnostic.Key(12))));
        Assert.Equal(AttentionDiagnostic.All.Count, AttentionDiagnostic.All.Select(diagnostic => diagnostic.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("parameters")]
    [InlineData("sinkMass")]
    [InlineData("sinkMass.layer")]
    [InlineData("sinkMass.layer-1")]
    [InlineData("other.layer1")]
    public void Other_facts_are_no_diagnostics(string fact) => Assert.Null(AttentionDiagnostic.Of(fact));
}
