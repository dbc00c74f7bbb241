namespace Wobble.Results.Domain;

/// <summary>What a token of the API must be, wherever it is given.</summary>
public static class TokenRule
{
    /// <summary>Characters that one of one's own has at least; fewer can be guessed.</summary>
    public const int LeastLength = 16;

    /// <summary>Null when it is allowed; else a sentence that names the setting, what is wrong, and what is allowed. Never the token.</summary>
    public static string? Refuse(string? token) => token is null || token.Length >= LeastLength
        ? null
        : $"WOBBLE_TOKEN has {token.Length} characters; at least {LeastLength} are needed, or it can be guessed. Leave it out, and a random one is kept in the data folder.";
}
