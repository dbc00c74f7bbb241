namespace Wobble.Dashboard.Access;

/// <summary>What somebody who is signed in may do.</summary>
internal static class Roles
{
    /// <summary>Everything.</summary>
    public const string Operator = "operator";
    /// <summary>Reads everything, changes nothing.</summary>
    public const string Viewer = "viewer";

    /// <summary>Policy of what every signed-in person may see. Whatever doesn't name it, or says that it is for everyone, is for the operator.</summary>
    public const string Read = "read";
}
