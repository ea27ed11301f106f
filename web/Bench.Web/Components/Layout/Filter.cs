namespace Bench.Web.Components.Layout;

/// <summary>One thing that can be chosen in a filter bar.</summary>
/// <param name="Name">What is chosen, such as "pattern".</param>
/// <param name="Current">The present choice.</param>
/// <param name="Choices">Every choice with its address.</param>
public sealed record Filter(string Name, string Current, IReadOnlyList<FilterChoice> Choices)
{
    /// <summary>A filter whose choices set one query parameter.</summary>
    /// <param name="address">The present view.</param>
    /// <param name="name">What is chosen.</param>
    /// <param name="parameter">Query parameter.</param>
    /// <param name="current">Its present value; null for none.</param>
    /// <param name="choices">Values with their words.</param>
    public static Filter Of(ViewAddress address, string name, string parameter, string? current, IEnumerable<(string Value, string Word)> choices)
    {
        var all = choices.Distinct().ToList();
        return new Filter(
            name,
            all.Find(choice => choice.Value == current).Word ?? current ?? "any",
            [.. all.Select(choice => new FilterChoice(choice.Word, address.With(parameter, choice.Value).ToString(), choice.Value == current))]);
    }
}

/// <summary>One value of a filter.</summary>
/// <param name="Word">Text.</param>
/// <param name="Href">Address of the view with this value.</param>
/// <param name="IsCurrent">Whether the present view has it.</param>
public sealed record FilterChoice(string Word, string Href, bool IsCurrent);
