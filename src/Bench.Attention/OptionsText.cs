using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Bench.Attention;

/// <summary>Turns a flat record of options into text and back: names in camelCase, values in the invariant culture.</summary>
public static class OptionsText
{
    /// <summary>The record with the given values over its defaults, validated by its data annotations.</summary>
    /// <param name="type">A record whose constructor parameters, if any, all have defaults.</param>
    /// <param name="values">Names in camelCase.</param>
    /// <param name="owner">Whose options they are; named in errors.</param>
    /// <exception cref="ArgumentException">A name is unknown, or a value cannot be read or is out of range.</exception>
    public static object Parse(Type type, IReadOnlyDictionary<string, string>? values, string owner)
    {
        var options = Activator.CreateInstance(type)!;
        var properties = Properties(type).ToDictionary(Name, StringComparer.Ordinal);
        foreach (var (name, text) in values ?? new Dictionary<string, string>())
        {
            if (!properties.TryGetValue(name, out var property))
            {
                throw new ArgumentException($"'{owner}' has no option '{name}'; it has {string.Join(", ", properties.Keys)}.");
            }

            property.SetValue(options, Read(property.PropertyType, text, name, owner));
        }

        var mistakes = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), mistakes, validateAllProperties: true)
            ? options
            : throw new ArgumentException($"Options of '{owner}': {string.Join(" ", mistakes.Select(mistake => mistake.ErrorMessage))}");
    }

    /// <summary>Every option as text.</summary>
    public static SortedDictionary<string, string> Write(object options) => new(
        Properties(options.GetType()).ToDictionary(
            Name, property => Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture) ?? ""),
        StringComparer.Ordinal);

    /// <summary><c>LowRank</c> becomes <c>low-rank</c>.</summary>
    public static string Kebab(string pascal)
    {
        var text = new StringBuilder();
        foreach (var letter in pascal)
        {
            if (char.IsUpper(letter) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite);

    private static string Name(PropertyInfo property) => char.ToLowerInvariant(property.Name[0]) + property.Name[1..];

    private static object? Read(Type type, string text, string name, string owner)
    {
        var target = Nullable.GetUnderlyingType(type) ?? type;
        try
        {
            return text.Length == 0 && target != type ? null
                : target.IsEnum ? Enum.Parse(target, text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true)
                : Convert.ChangeType(text, target, CultureInfo.InvariantCulture);
        }
        catch (Exception mistake) when (mistake is FormatException or OverflowException or ArgumentException or InvalidCastException)
        {
            throw new ArgumentException($"Option '{name}' of '{owner}' is '{text}', which is no {target.Name}.", mistake);
        }
    }
}
