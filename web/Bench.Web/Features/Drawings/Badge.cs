using System.Net;
using static Bench.Web.Components.Charts.PlotFrame;

namespace Bench.Web.Features.Drawings;

/// <summary>A small sign for a README: what is ranked, and where somebody stands.</summary>
internal static class Badge
{
    private const double LetterWidth = 6.5;

    /// <summary>An SVG document; it follows the theme of its reader.</summary>
    /// <param name="label">What is ranked.</param>
    /// <param name="value">Where somebody stands.</param>
    public static string Of(string label, string value)
    {
        var (left, right) = ((label.Length * LetterWidth) + 16, (value.Length * LetterWidth) + 16);
        var (name, place) = (WebUtility.HtmlEncode(label), WebUtility.HtmlEncode(value));
        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{{N(left + right)}}" height="22" viewBox="0 0 {{N(left + right)}} 22" role="img" aria-label="{{name}}: {{place}}">
            <title>{{name}}: {{place}}</title>
            <style>
            text { font: 12px Verdana, 'DejaVu Sans', sans-serif; fill: #16202c } .left { fill: #f6f7f9; stroke: #d9dee5 } .right { fill: #0b5cad } .place { fill: #fff }
            @media (prefers-color-scheme: dark) { text { fill: #eef2f6 } .left { fill: #171e27; stroke: #2a3441 } }
            </style>
            <rect class="left" x=".5" y=".5" width="{{N(left + right - 1)}}" height="21" rx="3" />
            <path class="right" d="M{{N(left)}} 0H{{N(left + right - 3)}}a3 3 0 0 1 3 3V19a3 3 0 0 1-3 3H{{N(left)}}Z" />
            <text x="8" y="15" textLength="{{N(left - 16)}}" lengthAdjust="spacingAndGlyphs">{{name}}</text>
            <text class="place" x="{{N(left + 8)}}" y="15" textLength="{{N(right - 16)}}" lengthAdjust="spacingAndGlyphs">{{place}}</text>
            </svg>
            """;
    }
}
