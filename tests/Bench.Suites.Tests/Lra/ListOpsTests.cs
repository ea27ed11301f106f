using Bench.Suites.Lra;

namespace Bench.Suites.Tests.Lra;

public sealed class ListOpsTests
{
    [Theory]
    [InlineData("[MIN 7 7 3 X", 3)]
    [InlineData("[MAX 7 [SM 9 9 X 3 X", 8)]
    [InlineData("[MED 2 3 X", 2)]
    [InlineData("[MED 9 1 5 X", 5)]
    [InlineData("[SM 5 [MED 1 2 3 4 X [MIN 8 9 X X", 5)]
    [InlineData("4", 4)]
    public void Expressions_have_their_value(string text, int value)
    {
        var expression = ListOpsExpression.Parse(ListOpsExpression.Ids(text));

        Assert.Equal(value, expression.Value);
        Assert.Equal(text.Split(' ').Length, expression.Length);
        Assert.Equal(ListOpsExpression.Ids(text), expression.Tokens());
    }

    [Fact]
    public void Binary_form_goes_there_and_back()
    {
        var expression = ListOpsExpression.Parse(ListOpsExpression.Ids("[MAX 1 [SM 2 3 X X"));

        Assert.Equal("( ( ( [MAX 1 ) ( ( ( [SM 2 ) 3 ) ] ) ) ] )", expression.Source());
        Assert.Equal("[MAX 1 [SM 2 3 X X", ListOpsExpression.FromSource(expression.Source()));
    }

    [Theory]
    [InlineData("[MAX 1")]
    [InlineData("[MAX X")]
    [InlineData("1 2")]
    [InlineData("X")]
    [InlineData("")]
    [InlineData("[FIRST 1 2 X")]
    public void Broken_expressions_are_refused(string text) =>
        Assert.Throws<FormatException>(() => ListOpsExpression.Parse(ListOpsExpression.Ids(text)));

    [Fact]
    public void Expressions_follow_the_statistics_of_the_authors_generator()
    {
        var task = new ListOps(new ListOpsOptions());
        var expressions = Enumerable.Range(0, 1_500).Select(row => task.Expression(1, row)).ToList();

        // 3,000 accepted trees of the original: mean 1034.8, deviation 393.1, depth always 9, class shares .172, .160, …
        Assert.Equal(1034.8, expressions.Average(expression => expression.Length), 32.0);
        Assert.True(expressions.Count(expression => expression.Depth == 9) > 1_490);
        Assert.Equal(0.172, Share(expression => expression.Value == 0), 0.035);
        Assert.Equal(0.160, Share(expression => expression.Value == 9), 0.035);
        Assert.Equal(0.085, Share(expression => expression.Value == 4), 0.03);
        Assert.All(Enum.GetValues<ListOpsOperator>(), head => Assert.Equal(0.25, Share(expression => expression.Head == head), 0.04));
        Assert.All(expressions, expression => Assert.Null(task.Violation(expression)));

        double Share(Func<ListOpsExpression, bool> condition) => expressions.Count(condition) / (double)expressions.Count;
    }

    [Fact]
    public void Rows_are_padded_to_the_length_and_do_not_depend_on_the_batch()
    {
        var task = new ListOps(new ListOpsOptions { MinLengthExclusive = 4, MaxLengthExclusive = 40, Length = 48 });
        var (whole, part) = (task.Generate(3, 0, 10), task.Generate(3, 4, 2));

        Assert.Equal(whole.Inputs[(4 * 48)..(6 * 48)], part.Inputs);
        Assert.Equal(whole.Labels[4..6], part.Labels);
        Assert.All(Enumerable.Range(0, 10), row =>
        {
            var tokens = whole.Inputs[(row * 48)..((row + 1) * 48)];
            Assert.Equal(whole.Labels[row], ListOpsExpression.Parse(tokens[..whole.Lengths[row]]).Value);
            Assert.All(tokens[whole.Lengths[row]..], token => Assert.Equal(0, token));
        });
    }
}
