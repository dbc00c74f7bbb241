using System.Text;
using MudBlazor;

namespace Wobble.Dashboard.Components.Layout;

/// <summary>
/// The colours of one theme, named by job, never by hue. The one source of both the CSS variables that pages and charts read and MudBlazor's
/// palette, so that they can't drift apart. Text on its ground has a contrast of at least 4.5, a control's border 3.
/// </summary>
internal sealed record Tokens
{
    public required string Bg { get; init; }
    public required string Surface { get; init; }
    public required string Sunken { get; init; }
    public required string Line { get; init; }
    public required string Line2 { get; init; }
    public required string Ink { get; init; }
    public required string Ink2 { get; init; }
    public required string Ink3 { get; init; }
    public required string AccentSoft { get; init; }
    public required string Sync { get; init; }
    public required string Green { get; init; }
    public required string Async { get; init; }
    public required string Bad { get; init; }
    public required string BadSoft { get; init; }
    public string Accent { get; init; } = "#FFD21F";
    public string OnAccent { get; init; } = "#12181B";

    public static readonly Tokens Light = new()
    {
        Bg = "#F8FAFA", Surface = "#FFFFFF", Sunken = "#EEF2F2", Line = "#D9E0E1", Line2 = "#7F8C90",
        Ink = "#12181B", Ink2 = "#444F53", Ink3 = "#5F6B70", AccentSoft = "#FFF3BF",
        Sync = "#1556A8", Green = "#007A5A", Async = "#B84A00", Bad = "#B01E2E", BadSoft = "#FBE9EA",
    };

    public static readonly Tokens Dark = new()
    {
        Bg = "#0F1416", Surface = "#151B1E", Sunken = "#0A0E10", Line = "#283135", Line2 = "#6B787D",
        Ink = "#E8EDED", Ink2 = "#B3BEC0", Ink3 = "#8E9A9E", AccentSoft = "#2B2813",
        Sync = "#64B1F2", Green = "#3CCB9E", Async = "#F7924C", Bad = "#FF7C80", BadSoft = "#341C1F",
    };

    /// <summary>Both themes as CSS: light, dark where the system says so and nobody chose, and dark where it was chosen.</summary>
    public static readonly string Css = MakeCss();

    /// <summary>MudBlazor's theme of the same colours, without shadows, ripples and capitals.</summary>
    public static readonly MudTheme Theme = MakeTheme();

    private static string MakeCss() => new StringBuilder()
        .Append(":root{color-scheme:light;").Append(Light.Variables()).Append('}')
        .Append("@media (prefers-color-scheme:dark){:root:not([data-theme]){color-scheme:dark;").Append(Dark.Variables()).Append("}}")
        .Append(":root[data-theme=dark]{color-scheme:dark;").Append(Dark.Variables()).Append('}')
        .ToString();

    private string Variables() =>
        $"--bg:{Bg};--surface:{Surface};--sunken:{Sunken};--line:{Line};--line-2:{Line2};--ink:{Ink};--ink-2:{Ink2};--ink-3:{Ink3};" +
        $"--accent:{Accent};--on-accent:{OnAccent};--accent-soft:{AccentSoft};--sync:{Sync};--green:{Green};--async:{Async};--bad:{Bad};--bad-soft:{BadSoft};";

    private static MudTheme MakeTheme() => new()
    {
        PaletteLight = Fill(new PaletteLight(), Light),
        PaletteDark = Fill(new PaletteDark(), Dark),
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "3px", AppbarHeight = "52px" },
        Shadows = new Shadow { Elevation = [.. Enumerable.Repeat("none", 26)] },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = ["Plex Sans", "system-ui", "sans-serif"], FontSize = "14px", LineHeight = "20px", LetterSpacing = "normal" },
            H1 = new H1Typography { FontSize = "26px", LineHeight = "32px", FontWeight = "600" },
            H2 = new H2Typography { FontSize = "15px", LineHeight = "20px", FontWeight = "600" },
            Button = new ButtonTypography { FontSize = "13px", LineHeight = "16px", FontWeight = "500", TextTransform = "none", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontSize = "14px", LineHeight = "20px", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontSize = "13.5px", LineHeight = "18px", LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontSize = "12px", LineHeight = "16px", LetterSpacing = "normal" },
        },
    };

    private static T Fill<T>(T palette, Tokens tokens) where T : Palette
    {
        palette.Primary = tokens.Ink;
        palette.PrimaryContrastText = tokens.Bg;
        palette.Secondary = tokens.Accent;
        palette.SecondaryContrastText = tokens.OnAccent;
        palette.Tertiary = tokens.Ink2;
        palette.Error = tokens.Bad;
        palette.Success = tokens.Ink;
        palette.Warning = tokens.Ink2;
        palette.Info = tokens.Ink2;
        palette.Background = tokens.Bg;
        palette.BackgroundGray = tokens.Sunken;
        palette.Surface = tokens.Surface;
        palette.AppbarBackground = tokens.Surface;
        palette.AppbarText = tokens.Ink;
        palette.TextPrimary = tokens.Ink;
        palette.TextSecondary = tokens.Ink3;
        palette.ActionDefault = tokens.Ink2;
        palette.Divider = tokens.Line;
        palette.TableLines = tokens.Line;
        palette.LinesInputs = tokens.Line2;
        palette.LinesDefault = tokens.Line;
        palette.TableHover = tokens.Sunken;
        palette.RippleOpacity = 0;
        return palette;
    }
}
