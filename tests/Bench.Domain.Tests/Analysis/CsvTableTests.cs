using Bench.Domain.Analysis;

namespace Bench.Domain.Tests.Analysis;

public sealed class CsvTableTests
{
    [Fact]
    public void Quoted_cells_keep_commas_quotes_and_line_breaks()
    {
        var table = CsvTable.Parse("\uFEFFname,text\r\na,\"x, \"\"y\"\"\nz\"\r\n\r\nb, plain \r\n");

        Assert.Equal("x, \"y\"\nz", table.Rows[0]["text"]);
        Assert.Equal("plain", table.Rows[1]["text"]);
        Assert.Equal(5, table.Rows[1].Line);
    }

    [Theory]
    [InlineData("1,5")]
    [InlineData("NaN")]
    [InlineData("∞")]
    public void Numbers_of_other_cultures_and_non_numbers_are_refused(string cell)
    {
        var row = CsvTable.Parse($"name,value\na,\"{cell}\"\n").Rows[0];

        var mistake = Assert.Throws<FormatException>(() => row.Number("value"));
        Assert.Contains("Line 2", mistake.Message, StringComparison.Ordinal);
    }
}
