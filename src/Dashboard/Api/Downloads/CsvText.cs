using System.Globalization;
using System.Text;

namespace Wobble.Dashboard.Api.Downloads;

/// <summary>Rows by RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers are in plain notation, whatever the culture.</summary>
internal sealed class CsvText(TextWriter writer)
{
    private static readonly char[] Special = ['"', ',', '\r', '\n'];

    public Task RowAsync(IEnumerable<object?> cells) => writer.WriteAsync(string.Join(',', cells.Select(Cell)) + "\r\n");

    public static string Cell(object? value) => value switch
    {
        null => "",
        string text => Quoted(Harmless(text)),
        double number => double.IsFinite(number) ? number.ToString("0.######", CultureInfo.InvariantCulture) : "",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => Quoted(Harmless(value.ToString() ?? "")),
    };

    private static string Harmless(string text) => text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;

    private static string Quoted(string text) =>
        text.IndexOfAny(Special) < 0 ? text : new StringBuilder(text.Length + 8).Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"').ToString();
}
