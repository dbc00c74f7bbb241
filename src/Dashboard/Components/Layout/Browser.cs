using Microsoft.JSInterop;

namespace Wobble.Dashboard.Components.Layout;

/// <summary>
/// Calls into the browser that a closed page may end at any time: then there is nobody left to tell. A script that fails there, as on an element
/// that is gone by then, costs its figure and not the page.
/// </summary>
internal static class Browser
{
    /// <summary>How long a push to a figure may take. What a lost circuit was asked is never answered.</summary>
    public static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(10);

    public static async Task<T?> AskAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (IsOver(e))
        {
            return default;
        }
    }

    /// <summary>True when it arrived; false also when a circuit was lost meanwhile, which comes back without it.</summary>
    public static async Task<bool> TellAsync(Func<ValueTask> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (Exception e) when (IsOver(e))
        {
            return false;
        }
    }

    private static bool IsOver(Exception e) => e is JSException or JSDisconnectedException or OperationCanceledException or ObjectDisposedException;
}
