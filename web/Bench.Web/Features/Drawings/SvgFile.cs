using System.Text.RegularExpressions;
using Bench.Web.Components.Charts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Bench.Web.Features.Drawings;

/// <summary>A drawing of a page as a file of its own: the same component, with the style sheet inside it.</summary>
internal sealed partial class SvgFile(IServiceProvider services, ILoggerFactory logs, IWebHostEnvironment environment)
{
    /// <summary>A chart over sequence length.</summary>
    public Task<string> OfAsync(LengthChartData data, ChartSize size = ChartSize.Large) =>
        RenderAsync<LengthPlot>(new Dictionary<string, object?> { [nameof(LengthPlot.Layout)] = LengthChartLayout.Of(data, size) });

    /// <summary>A general chart.</summary>
    public Task<string> OfAsync(XyChartData data, ChartSize size = ChartSize.Large) =>
        RenderAsync<XyPlot>(new Dictionary<string, object?> { [nameof(XyPlot.Layout)] = XyChartLayout.Of(data, size) });

    private async Task<string> RenderAsync<T>(Dictionary<string, object?> parameters)
        where T : IComponent
    {
        await using var renderer = new HtmlRenderer(services, logs);
        var text = await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<T>(ParameterView.FromDictionary(parameters))).ToHtmlString());
        var size = ViewBox().Match(text);
        var head = $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size.Groups[1].Value}\" height=\"{size.Groups[2].Value}\" ";
        var styles = $"<style>{await StylesAsync()} svg {{ font-family: 'IBM Plex Sans', 'Segoe UI', Helvetica, Arial, sans-serif; background: var(--paper); }}</style>";
        var start = text.IndexOf("<svg", StringComparison.Ordinal);
        var body = text.IndexOf('>', start) + 1;
        return head + text[(start + "<svg ".Length)..body] + styles + text[body..];
    }

    private async Task<string> StylesAsync()
    {
        using var stream = environment.WebRootFileProvider.GetFileInfo("css/chart.css").CreateReadStream();
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    [GeneratedRegex(@"viewBox=""0 0 ([\d.]+) ([\d.]+)""")]
    private static partial Regex ViewBox();
}
