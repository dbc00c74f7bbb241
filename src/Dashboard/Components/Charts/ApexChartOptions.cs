using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>
/// What Wobble uses of ApexCharts' options, under the names that Blazor-ApexCharts gives them. Colours are token names ("--ink"), formatters are
/// names that js/charts.js knows ("format:count"): no text is ever run as script.
/// </summary>
public sealed record ApexChartOptions
{
    public required ApexChartChart Chart { get; init; }
    public required ApexXAxis Xaxis { get; init; }
    public required IReadOnlyList<ApexYAxis> Yaxis { get; init; }
    public required ApexStroke Stroke { get; init; }
    public required IReadOnlyList<string> Colors { get; init; }
    public ApexAnnotations Annotations { get; init; } = new();
    public ApexGrid Grid { get; init; } = new();
    public ApexFill Fill { get; init; } = new();
    public ApexTooltip Tooltip { get; init; } = new();
    public ApexSwitch Legend { get; } = new(false);
    public ApexSwitch DataLabels { get; } = new(false);
    public ApexMarkers Markers { get; init; } = new(0);
    public ApexStates States { get; } = new();

    /// <summary>As js/charts.js reads it; absent members keep ApexCharts' defaults.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}

public sealed record ApexChartChart(string Type, int Height)
{
    public string FontFamily { get; } = "Plex Sans, system-ui, sans-serif";
    public string ForeColor { get; } = "--ink-3";
    public string Width { get; } = "100%";
    public int ParentHeightOffset { get; }
    public ApexAnimations Animations { get; } = new();
    public ApexShow Toolbar { get; } = new(false);
    public ApexSwitch Zoom { get; } = new(false);
    public ApexSwitch Selection { get; } = new(false);
}

public sealed record ApexAnimations
{
    public bool Enabled { get; }
}

public sealed record ApexSwitch(bool Enabled)
{
    // Legends are shown, not enabled.
    public bool Show => Enabled;
}

public sealed record ApexShow(bool Show);

public sealed record ApexMarkers(int Size);

public sealed record ApexStates
{
    public object Hover { get; } = new { filter = new { type = "none" } };
    public object Active { get; } = new { filter = new { type = "none" } };
}

public sealed record ApexXAxis
{
    public string Type { get; } = "numeric";
    public required double Min { get; init; }
    public required double Max { get; init; }
    public int? TickAmount { get; init; }
    public ApexLabels Labels { get; init; } = new() { Formatter = "format:count" };
    public ApexAxisLine AxisBorder { get; } = new();
    public ApexAxisLine AxisTicks { get; init; } = new();
    public ApexSwitch Crosshairs { get; } = new(false);
    public ApexSwitch Tooltip { get; } = new(false);
}

public sealed record ApexYAxis
{
    public required double Min { get; init; }
    public required double Max { get; init; }
    public int? TickAmount { get; init; }
    public ApexLabels Labels { get; init; } = new();
}

public sealed record ApexLabels
{
    public bool Show { get; init; } = true;
    public string? Formatter { get; init; }
    public int? OffsetX { get; init; }
    public int? MinWidth { get; init; }
    public int? MaxWidth { get; init; }
    public bool HideOverlappingLabels { get; init; } = true;
    public int Rotate { get; init; }
    public ApexTextStyle Style { get; init; } = new();
}

public sealed record ApexTextStyle
{
    public string Colors { get; init; } = "--ink-3";
    public string FontSize { get; init; } = "11.5px";
}

public sealed record ApexAxisLine
{
    public bool Show { get; init; } = true;
    public string Color { get; init; } = "--line-2";
    public int? Height { get; init; }
}

public sealed record ApexStroke(IReadOnlyList<double> Width, IReadOnlyList<int> DashArray)
{
    public string Curve { get; init; } = "straight";
}

public sealed record ApexFill
{
    public string Type { get; } = "solid";
    public IReadOnlyList<double>? Opacity { get; init; }
}

public sealed record ApexGrid
{
    public string BorderColor { get; } = "--line";
    public ApexPadding Padding { get; init; } = new();
    public ApexGridLines Yaxis { get; init; } = new(true);
    public ApexGridLines Xaxis { get; } = new(false);
}

public sealed record ApexGridLines(bool Show)
{
    public ApexShow Lines => new(Show);
}

public sealed record ApexPadding
{
    public int Left { get; init; } = 8;
    public int Right { get; init; } = 44;
    public int Top { get; init; } = -14;
    public int Bottom { get; init; }
}

public sealed record ApexTooltip
{
    public bool Enabled { get; init; } = true;
    public bool Shared { get; init; } = true;
    public bool Intersect { get; }
    public ApexTooltipX X { get; init; } = new("format:seconds");
    public ApexTooltipY Y { get; init; } = new("format:plain");
    public ApexShow Marker { get; } = new(true);
}

public sealed record ApexTooltipX(string Formatter);

public sealed record ApexTooltipY(string Formatter);

public sealed record ApexAnnotations
{
    public IReadOnlyList<ApexYAxisAnnotation> Yaxis { get; init; } = [];
    public IReadOnlyList<ApexXAxisAnnotation> Xaxis { get; init; } = [];
    public IReadOnlyList<ApexPointAnnotation> Points { get; init; } = [];
}

public sealed record ApexYAxisAnnotation(double Y, string Text)
{
    public int StrokeDashArray { get; init; }
    public string BorderColor { get; init; } = "--line";
    public ApexAnnotationLabel Label => new(Text) { Position = "left", TextAnchor = "end", OffsetX = -6, OffsetY = 4 };
}

public sealed record ApexXAxisAnnotation(double X, string Text)
{
    public int StrokeDashArray { get; init; } = 2;
    public string BorderColor { get; init; } = "--ink";
    public ApexAnnotationLabel? Label { get; init; }
}

public sealed record ApexPointAnnotation(double X, double Y)
{
    public ApexAnnotationMarker Marker { get; init; } = new();
    public ApexAnnotationLabel? Label { get; init; }
}

public sealed record ApexAnnotationMarker
{
    public int Size { get; init; } = 4;
    public string Shape { get; init; } = "circle";
    public string FillColor { get; init; } = "--ink";
    public string StrokeColor { get; init; } = "--ink";
    public int StrokeWidth { get; init; }
}

public sealed record ApexAnnotationLabel(string Text)
{
    public string? Position { get; init; }
    public string Orientation { get; init; } = "horizontal";
    public string TextAnchor { get; init; } = "start";
    public int OffsetX { get; init; }
    public int OffsetY { get; init; }
    public int BorderWidth { get; }
    public ApexLabelStyle Style { get; init; } = new();
}

public sealed record ApexLabelStyle
{
    public string Background { get; init; } = "transparent";
    public string Color { get; init; } = "--ink-3";
    public string FontSize { get; init; } = "11.5px";
    public int FontWeight { get; init; } = 400;
    public ApexPaddingBox Padding { get; } = new();
}

public sealed record ApexPaddingBox
{
    public int Left { get; }
    public int Right { get; }
    public int Top { get; }
    public int Bottom { get; }
}

/// <summary>One line or band. A point is [x, y], of a band [x, low, high]; a null y is a gap.</summary>
public sealed record ApexSeries(string Name, string Type, IReadOnlyList<double?[]> Data)
{
    /// <summary>Word at the line's end; null: none.</summary>
    public string? Label { get; init; }
    /// <summary>In ink rather than grey.</summary>
    public bool Strong { get; init; }
}
