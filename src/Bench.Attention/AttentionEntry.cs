using System.Reflection;
using Bench.Domain.Matrix;

namespace Bench.Attention;

/// <summary>One implementation in the catalogue: its facts, and how to build it.</summary>
public sealed class AttentionEntry
{
    private readonly ConstructorInfo _constructor;

    internal AttentionEntry(Type type, AttentionAttribute facts)
    {
        (Type, Facts) = (type, facts);
        _constructor = type.GetConstructors().Single();
        var parameters = _constructor.GetParameters();
        if (parameters.Length is < 1 or > 2 || parameters[0].ParameterType != typeof(AttentionSettings))
        {
            throw new InvalidOperationException(
                $"{type.Name} must have one public constructor ({nameof(AttentionSettings)}) or ({nameof(AttentionSettings)}, its options record).");
        }

        OptionsType = parameters.Length == 2 ? parameters[1].ParameterType : null;
    }

    /// <summary>The class.</summary>
    public Type Type { get; }

    /// <summary>Its attribute.</summary>
    public AttentionAttribute Facts { get; }

    /// <summary>Record of the options, every property with a default; null when there are none.</summary>
    public Type? OptionsType { get; }

    /// <summary><c>mechanism/implementation</c>.</summary>
    public string Id => Facts.Id;

    /// <summary>The part of the id before the slash.</summary>
    public string Mechanism => Id.Split('/')[0];

    /// <summary>Kebab-case name of the folder that the class lives in, such as <c>low-rank</c>.</summary>
    public string Family => OptionsText.Kebab(Type.Namespace!.Split('.')[^1]);

    /// <summary>Whether the class works on hidden states only, without an operator form.</summary>
    public bool IsLayer => Type.IsSubclassOf(typeof(AttentionLayer));

    /// <summary>Published patterns and extensions.</summary>
    public IEnumerable<AttentionPattern> AllPatterns => AttentionPatterns.All.Where(Supports);

    /// <summary>Whether the pattern is offered, published or as an extension.</summary>
    public bool Supports(AttentionPattern pattern) => Facts.Patterns.Contains(pattern) || Facts.Extensions.Contains(pattern);

    /// <summary>Builds the operator or layer with its weights drawn from torch's seed.</summary>
    /// <param name="settings">Sizes and pattern.</param>
    /// <param name="options">Options as text that differ from their defaults.</param>
    /// <exception cref="ArgumentException">The pattern is not supported, or an option is unknown or out of range.</exception>
    internal object Build(AttentionSettings settings, IReadOnlyDictionary<string, string>? options)
    {
        if (!Supports(settings.Pattern))
        {
            throw new ArgumentException(
                $"'{Id}' does not support {settings.Pattern.Name}; it supports {string.Join(", ", AllPatterns.Select(p => p.Name))}.");
        }

        return Build(settings, ParseOptions(options));
    }

    internal object Build(AttentionSettings settings, object? options)
    {
        try
        {
            return _constructor.Invoke(OptionsType is null ? [settings] : [settings, options]);
        }
        catch (TargetInvocationException failure) when (failure.InnerException is { } cause)
        {
            throw new ArgumentException($"'{Id}' cannot be built: {cause.Message}", cause);
        }
    }

    /// <summary>The options record with the given values over its defaults; null when the implementation has no options.</summary>
    /// <exception cref="ArgumentException">An option is unknown or its value cannot be read.</exception>
    public object? ParseOptions(IReadOnlyDictionary<string, string>? options)
    {
        if (OptionsType is null)
        {
            return options is null or { Count: 0 }
                ? null
                : throw new ArgumentException($"'{Id}' has no options, but '{options.Keys.First()}' was given.");
        }

        return OptionsText.Parse(OptionsType, options, Id);
    }

    /// <summary>Option names with their defaults as text.</summary>
    public SortedDictionary<string, string> DefaultOptions() =>
        OptionsType is null ? new(StringComparer.Ordinal) : OptionsText.Write(OptionsText.Parse(OptionsType, null, Id));
}
