using Bench.Domain.Results;

namespace Bench.Domain.Tests.Results;

public sealed class RunFactTests
{
    [Fact]
    public void Every_fact_is_found_by_its_name_and_by_that_of_a_length()
    {
        Assert.All(RunFact.All, fact => Assert.Equal((fact, null), RunFact.Find(fact.Name)));
        Assert.All(RunFact.All, fact => Assert.Equal((fact, "16384"), RunFact.Find($"{fact.Name}.16384")));
        Assert.All(RunFact.All, fact => Assert.True(fact.Title.Length > 0 && fact.Description.Length > 0, fact.Name));
    }

    [Theory]
    [InlineData("coolingLoopSpeed", "Cooling loop speed")]
    [InlineData("unknown.4096", "Unknown.4096")]
    [InlineData("", "")]
    public void Facts_of_other_versions_keep_their_name_in_words(string stored, string title)
    {
        var (fact, of) = RunFact.Find(stored);
        Assert.Equal((stored, title, "", null), (fact.Name, fact.Title, fact.Unit, of));
    }
}
