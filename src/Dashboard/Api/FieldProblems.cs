using Microsoft.AspNetCore.Http.HttpResults;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Api;

/// <summary>Problem details (RFC 9457) of the API.</summary>
internal static class FieldProblems
{
    /// <summary>400 with each field, its value and what is allowed.</summary>
    public static ValidationProblem Refused(IEnumerable<FieldError> errors)
    {
        var list = errors.ToList();
        var byField = list.GroupBy(e => e.Field).ToDictionary(g => g.Key, g => g.Select(Sentence).ToArray());
        return TypedResults.ValidationProblem(byField, detail: string.Join("; ", list), title: "The input is not allowed");
    }

    public static ProblemHttpResult NoSuch(string what) => Problem(StatusCodes.Status404NotFound, "Nothing here", $"There is no such {what}: the link may have lost characters, or it was deleted.");

    public static ProblemHttpResult Problem(int status, string title, string detail) => TypedResults.Problem(detail, statusCode: status, title: title);

    private static string Sentence(FieldError error) => $"{(error.Value.Length == 0 ? "nothing" : error.Value)} is not allowed; {error.Allowed}";
}
