using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Who is signed in, as what, and until when. A session lives in its cookie; here stand only those that were ended before their time, so that a copied
/// cookie or an open page of theirs is worth nothing after a sign-out. A new token ends all sessions of its role.
/// </summary>
internal sealed class Sessions
{
    public const string OperatorRole = Roles.Operator;
    /// <summary>A session that isn't used for so long has ended.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(14);
    private const string IdClaim = "session";
    private const string StampClaim = "token";
    private const string FromClaim = "from";

    private readonly ApiToken _token;
    private readonly AccessSettings _settings;
    private readonly TimeProvider _time;
    private readonly string _file;
    private readonly Lock _lock = new();
    // Session → when its cookie is past its life anyway, and it can be forgotten.
    private readonly Dictionary<string, DateTimeOffset> _ended = [];

    public Sessions(AccessSettings settings, ApiToken token, TimeProvider time)
    {
        (_token, _settings, _time, _file) = (token, settings, time, Path.Combine(settings.KeysFolder, "ended-sessions"));
        if (!File.Exists(_file)) return;
        foreach (string[] parts in File.ReadLines(_file).Select(line => line.Split(' ')))
            if (parts.Length == 2 && long.TryParse(parts[1], out long until)) _ended[parts[0]] = DateTimeOffset.FromUnixTimeSeconds(until);
    }

    /// <summary>A new session by a token of ours.</summary>
    /// <param name="scheme">The scheme that keeps it.</param>
    /// <param name="role">What its owner may do.</param>
    /// <param name="from">Address it began at.</param>
    public ClaimsPrincipal Begin(string scheme, string role = Roles.Operator, string? from = null) => Begin(scheme, role, role, _token.StampOf(role)!, from);

    /// <summary>A new session of somebody whom the identity provider named.</summary>
    public ClaimsPrincipal BeginNamed(string scheme, string name, string role, string? from) => Begin(scheme, name, role, _settings.Oidc!.Stamp, from);

    /// <summary>Somebody for one request, by a token.</summary>
    public static ClaimsPrincipal ByToken(string scheme, string role) => Principal(scheme, role, role);

    /// <summary>Ends a session everywhere: its cookie, copies of it, and open pages.</summary>
    public void End(ClaimsPrincipal user)
    {
        if (user.FindFirstValue(IdClaim) is not { } id) return;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            foreach (string past in _ended.Where(e => e.Value < now).Select(e => e.Key).ToList()) _ended.Remove(past);
            _ended[id] = now + Life;
            PrivateFile.Write(_file, string.Concat(_ended.Select(e => $"{e.Key} {e.Value.ToUnixTimeSeconds()}\n")));
        }
    }

    /// <summary>True for the operator, unless the session was ended or begun under another token. A principal without a session came by the token itself.</summary>
    public bool IsOperator(ClaimsPrincipal user) => user.IsInRole(Roles.Operator) && IsAlive(user);

    /// <summary>True for whoever is signed in, in any role.</summary>
    public bool IsAlive(ClaimsPrincipal user)
    {
        string? role = user.FindFirstValue(ClaimTypes.Role);
        if (user.Identity?.IsAuthenticated != true || role is not (Roles.Operator or Roles.Viewer)) return false;
        if (user.FindFirstValue(IdClaim) is not { } id) return true;
        string? stamp = user.FindFirstValue(StampClaim);
        if (stamp is null || (stamp != _token.StampOf(role) && stamp != _settings.Oidc?.Stamp)) return false;
        lock (_lock) return !_ended.ContainsKey(id);
    }

    /// <summary>As the audit log names them.</summary>
    public static (string Who, string? From) NameOf(ClaimsPrincipal user) => (user.Identity?.Name ?? "nobody", user.FindFirstValue(FromClaim));

    private static ClaimsPrincipal Begin(string scheme, string name, string role, string stamp, string? from) =>
        Principal(scheme, name, role, new Claim(IdClaim, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16))), new Claim(StampClaim, stamp), new Claim(FromClaim, from ?? ""));

    private static ClaimsPrincipal Principal(string scheme, string name, string role, params Claim[] more) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role), .. more], scheme));
}
