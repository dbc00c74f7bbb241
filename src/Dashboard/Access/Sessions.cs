using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Who is signed in, and until when. A session lives in its cookie; here stand only those that were ended before their time, so that a copied
/// cookie or an open page of theirs is worth nothing after a sign-out. A new token ends all of them.
/// </summary>
internal sealed class Sessions
{
    public const string OperatorRole = "operator";
    /// <summary>A session that isn't used for so long has ended.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(14);
    private const string IdClaim = "session";
    private const string StampClaim = "token";

    private readonly ApiToken _token;
    private readonly TimeProvider _time;
    private readonly string _file;
    private readonly Lock _lock = new();
    // Session → when its cookie is past its life anyway, and it can be forgotten.
    private readonly Dictionary<string, DateTimeOffset> _ended = [];

    public Sessions(AccessSettings settings, ApiToken token, TimeProvider time)
    {
        (_token, _time, _file) = (token, time, Path.Combine(settings.KeysFolder, "ended-sessions"));
        if (!File.Exists(_file)) return;
        foreach (string[] parts in File.ReadLines(_file).Select(line => line.Split(' ')))
            if (parts.Length == 2 && long.TryParse(parts[1], out long until)) _ended[parts[0]] = DateTimeOffset.FromUnixTimeSeconds(until);
    }

    /// <summary>A new session of the operator.</summary>
    public ClaimsPrincipal Begin(string scheme) => Principal(scheme, new Claim(IdClaim, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16))), new Claim(StampClaim, _token.Stamp));

    /// <summary>The operator for one request, by the API's token.</summary>
    public static ClaimsPrincipal ByToken(string scheme) => Principal(scheme);

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
    public bool IsOperator(ClaimsPrincipal user)
    {
        if (user.Identity?.IsAuthenticated != true || !user.IsInRole(OperatorRole)) return false;
        if (user.FindFirstValue(IdClaim) is not { } id) return true;
        if (user.FindFirstValue(StampClaim) != _token.Stamp) return false;
        lock (_lock) return !_ended.ContainsKey(id);
    }

    private static ClaimsPrincipal Principal(string scheme, params Claim[] more) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, OperatorRole), new Claim(ClaimTypes.Role, OperatorRole), .. more], scheme));
}
