using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Wobble.Dashboard.Access;

/// <summary>Signing in by the one-time link or by the API's token, and signing out.</summary>
internal static class SignInEndpoints
{
    public const string Path = "/sign-in";
    public const string OutPath = "/sign-out";
    private const string Wrong = "This is not the token. It is compared letter by letter; copy it whole.";
    private const string UsedLink = "This link was used before: it signs in once. Start ./run again for a new one, or use the token.";
    private const string WrongLink = "This link is not of the present start of Wobble. Take the one that ./run printed last, or use the token.";
    private const string OldPage = "The page was open for too long, or cookies are refused. Try again.";

    public static void MapSignIn(this WebApplication app)
    {
        app.MapGet(Path, FollowLinkAsync).AllowAnonymous().ExcludeFromDescription();
        app.MapPost(Path, SignInAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
        app.MapPost(OutPath, SignOutAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
    }

    /// <summary>Writes the page with the form, at whatever address was asked for.</summary>
    public static Task ShowAsync(HttpContext context, int status, string? message, string? returnTo)
    {
        var parameters = new Dictionary<string, object?> { [nameof(SignInPage.Message)] = message, [nameof(SignInPage.ReturnTo)] = Local(returnTo) };
        return new RazorComponentResult<SignInPage>(parameters) { StatusCode = status, PreventStreamingRendering = true }.ExecuteAsync(context);
    }

    private static async Task FollowLinkAsync(HttpContext context, SignInLink link, WrongTokens wrong, Audited audited, string? token, string? to)
    {
        if (token is null)
        {
            if (context.User.Identity?.IsAuthenticated == true) context.Response.Redirect(context.Request.PathBase + Local(to));
            else await ShowAsync(context, StatusCodes.Status200OK, null, to);
            return;
        }
        switch (link.Use(token))
        {
            case SignInAnswer.Right: await BeginAsync(context, to, Roles.Operator, "sign in with the link"); break;
            // A link opened again by the browser that used it just goes on.
            case SignInAnswer.Used when context.User.Identity?.IsAuthenticated == true: context.Response.Redirect(context.Request.PathBase + Local(to)); break;
            case SignInAnswer.Used: await ShowAsync(context, StatusCodes.Status401Unauthorized, UsedLink, to); break;
            default: await RefuseAsync(context, wrong, audited, "sign in with a wrong link", WrongLink, to); break;
        }
    }

    private static async Task SignInAsync(HttpContext context, IAntiforgery antiforgery, ApiToken apiToken, WrongTokens wrong, Audited audited)
    {
        if (await FormAsync(context, antiforgery) is not { } form)
        {
            await ShowAsync(context, StatusCodes.Status400BadRequest, OldPage, null);
            return;
        }
        string to = form["to"].ToString();
        if (apiToken.RoleOf(form["token"].ToString().Trim()) is { } role)
        {
            await BeginAsync(context, to, role, "sign in with the token");
            return;
        }
        await RefuseAsync(context, wrong, audited, "sign in with a wrong token", Wrong, to);
    }

    // Null: what came is no form, or none of a page of ours. Read before it is checked, so that a body that is too large is told as one.
    private static async Task<IFormCollection?> FormAsync(HttpContext context, IAntiforgery antiforgery)
    {
        if (!context.Request.HasFormContentType) return null;
        try
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return await antiforgery.IsRequestValidAsync(context) ? form : null;
        }
        catch (Exception e) when (e is InvalidDataException or AntiforgeryValidationException or (IOException and not BadHttpRequestException))
        {
            return null;
        }
    }

    private static async Task RefuseAsync(HttpContext context, WrongTokens wrong, Audited audited, string what, string message, string? to)
    {
        string address = RateLimits.Client(context);
        if (wrong.Wait(address) is { } wait)
        {
            await RateLimits.RefuseAsync(context, wait, "Too many wrong tokens");
            return;
        }
        if (wrong.Note(address)) await audited.NoteAsync("nobody", address, what, "refused");
        await ShowAsync(context, StatusCodes.Status401Unauthorized, message, to);
    }

    private static async Task SignOutAsync(HttpContext context, Sessions sessions, Audited audited)
    {
        sessions.End(context.User);
        if (context.User.Identity?.IsAuthenticated == true) await audited.NoteAsync(Sessions.NameOf(context.User).Who, RateLimits.Client(context), "sign out", Results.Edits.AuditTrail.Done);
        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        SeeOther(context, "/");
    }

    private static async Task BeginAsync(HttpContext context, string? to, string role, string how)
    {
        await context.RequestServices.GetRequiredService<Audited>().NoteAsync(role, RateLimits.Client(context), how, Results.Edits.AuditTrail.Done);
        var sessions = context.RequestServices.GetRequiredService<Sessions>();
        await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, sessions.Begin(CookieAuthenticationDefaults.AuthenticationScheme, role, RateLimits.Client(context)), new AuthenticationProperties { IsPersistent = true });
        SeeOther(context, Local(to));
    }

    private static void SeeOther(HttpContext context, string to)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = context.Request.PathBase + to;
    }

    /// <summary>Only addresses of ours, as a header takes them: <c>//elsewhere</c> and <c>/\elsewhere</c> name other hosts.</summary>
    internal static string Local(string? to) =>
        to is ['/', ..] && to is not ['/', '/' or '\\', ..] && !to.Any(char.IsControl) && !to.StartsWith(Path, StringComparison.OrdinalIgnoreCase) ? Encoded(to) : "/";

    // A header holds ASCII alone.
    private static string Encoded(string to) =>
        string.Concat(to.EnumerateRunes().Select(r => r.Value is > ' ' and <= '~' ? r.ToString() : Uri.EscapeDataString(r.ToString())));
}
