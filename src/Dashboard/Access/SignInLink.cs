namespace Wobble.Dashboard.Access;

/// <summary>
/// The one-time token of this start. Guarantees: it is accepted once, also when the Dashboard is started again with the same one (the hash of the
/// used one is kept beside the keys).
/// </summary>
internal sealed class SignInLink
{
    private readonly byte[]? _hash;
    private readonly string _usedFile;
    private readonly Lock _lock = new();
    private bool _used;

    public SignInLink(AccessSettings settings)
    {
        _hash = settings.SignIn is { } token ? ApiToken.Hash(token) : null;
        _usedFile = Path.Combine(settings.KeysFolder, "used-sign-in");
        _used = _hash is not null && File.Exists(_usedFile) && File.ReadAllText(_usedFile) == Convert.ToHexStringLower(_hash);
    }

    public SignInAnswer Use(string? given)
    {
        if (_hash is null || !ApiToken.Same(_hash, given)) return SignInAnswer.Wrong;
        lock (_lock)
        {
            if (_used) return SignInAnswer.Used;
            // Kept before it counts: if it can't be, the link stays good and the error shows.
            PrivateFile.Write(_usedFile, Convert.ToHexStringLower(_hash));
            _used = true;
            return SignInAnswer.Right;
        }
    }
}

internal enum SignInAnswer
{
    /// <summary>Not the token of this start.</summary>
    Wrong,
    /// <summary>It was the token, and has been used.</summary>
    Used,
    /// <summary>The token, for the first time.</summary>
    Right,
}
