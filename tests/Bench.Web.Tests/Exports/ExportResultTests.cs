using System.Globalization;
using System.Text;
using Bench.Web.Exports;

namespace Bench.Web.Tests.Exports;

public sealed class ExportResultTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("-2+3", "'-2+3")]
    [InlineData("+2", "'+2")]
    [InlineData("\tx", "'\tx")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("=\"x\",y", "\"'=\"\"x\"\",y\"")]
    [InlineData("a\r\nb", "\"a\r\nb\"")]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    public void Text_cell_can_neither_run_nor_break_the_table(string text, string cell) =>
        Assert.Equal(cell, ExportResult<string>.CsvCell(text));

    [Fact]
    public void Negative_number_stays_a_number() => Assert.Equal("-2.5", ExportResult<string>.CsvCell(-2.5));

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public async Task Numbers_are_the_same_in_every_culture(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo(culture);
        try
        {
            using var stream = new MemoryStream();
            await new ExportResult<double>(
                    "x", ExportFormat.Csv, [ExportColumn<double>.Number("value", value => value), ExportColumn<double>.Whole("whole", _ => 1234567)],
                    new[] { 1234.5, 1e-7 }.ToAsyncEnumerable())
                .WriteAsync(stream, CancellationToken.None);

            Assert.Equal("value,whole\r\n1234.5,1234567\r\n1E-07,1234567\r\n", Encoding.UTF8.GetString(stream.ToArray()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
