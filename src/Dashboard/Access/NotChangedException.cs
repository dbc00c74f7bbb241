namespace Wobble.Dashboard.Access;

/// <summary>A change was asked for and not made, as far as can be told. The message is for people: why, and what to do.</summary>
internal class NotChangedException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The message, where something else that was asked for with it is done already.</summary>
    public string MessageOfRest => Message.Replace("othing was changed", "othing more was changed", StringComparison.Ordinal);
}

/// <summary>A change was asked for by someone who may not. Nothing was changed.</summary>
internal sealed class NotSignedInException(bool isViewer = false) : NotChangedException(isViewer
    ? "You are signed in as a viewer, who reads everything and changes nothing: nothing was changed."
    : "This needs the sign-in: nothing was changed. Sign in at /sign-in and do it again.");
