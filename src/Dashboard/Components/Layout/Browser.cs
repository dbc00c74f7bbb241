using Microsoft.JSInterop;

namespace Wobble.Dashboard.Components.Layout;

/// <summary>
/// Calls into the browser that a closed page may end at any time: then there is nobody left to tell. A script that fails there, as on an element
/// that is gone by then, costs its figure and not the page.
/// </summary>
internal static class Browser
{
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

    public static async Task TellAsync(Func<ValueTask> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (IsOver(e))
        {
            // As above.
        }
    }

    private static bool IsOver(Exception e) => e is JSException or JSDisconnectedException or OperationCanceledException or ObjectDisposedException;
}
