namespace Bench.Web.Components.Layout;

/// <summary>One thing that can be chosen in a filter bar.</summary>
/// <param name="Name">What is chosen, such as "pattern".</param>
/// <param name="Current">The present choice.</param>
/// <param name="Choices">Every choice with its address.</param>
public sealed record Filter(string Name, string Current, IReadOnlyList<FilterChoice> Choices);

/// <summary>One value of a filter.</summary>
/// <param name="Word">Text.</param>
/// <param name="Href">Address of the view with this value.</param>
/// <param name="IsCurrent">Whether the present view has it.</param>
public sealed record FilterChoice(string Word, string Href, bool IsCurrent);
