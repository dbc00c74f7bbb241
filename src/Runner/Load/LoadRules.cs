using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Runner.Load;

/// <summary>The limits of a load plan, with the same words as <see cref="DefinitionRules"/>.</summary>
internal static class LoadRules
{
    public const int MaxThreads = 64;
    public const int MaxKinds = 100;
    public const int MostWaiting = 10_000_000;
    private const long MostRequestMemory = 512L * 1024 * 1024;
    private static readonly TimeSpan MinDeadline = TimeSpan.FromMilliseconds(1), MaxDeadline = TimeSpan.FromMinutes(1);
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    public static List<FieldError> Check(LoadPlan plan)
    {
        var errors = new List<FieldError>();
        void Add(string field, object? value, string allowed) => errors.Add(new FieldError(field, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", allowed));

        if (plan.Connections is < 1 or > DefinitionRules.MaxConnections) Add("connections", plan.Connections, $"1 to {DefinitionRules.MaxConnections}");
        if (plan.Rate is { } rate && !(rate > 0 && rate <= DefinitionRules.MaxRate)) Add("rate", rate, $"more than 0, at most {DefinitionRules.MaxRate:0} requests a second; leave it out for a closed loop");
        if (plan.Warmup < TimeSpan.Zero || plan.Warmup > DefinitionRules.MaxWarmup) Add("warmup", Duration.Format(plan.Warmup), "0s to 1h");
        if (plan.For is { } length && (length < DefinitionRules.MinFor || length > DefinitionRules.MaxFor)) Add("for", Duration.Format(length), "1s to 24h");
        if (plan.Count is < 1 or > DefinitionRules.MaxRequests) Add("requests", plan.Count, $"1 to {DefinitionRules.MaxRequests}");
        if (plan.Threads is < 1 or > MaxThreads) Add("threads", plan.Threads, $"1 to {MaxThreads}");
        if (plan.MaxWaiting is < 1 or > MostWaiting) Add("max_waiting", plan.MaxWaiting, $"1 to {MostWaiting}");
        if (plan.Engine is not ("auto" or "io_uring" or "epoll")) Add("engine", plan.Engine, "auto, io_uring or epoll");
        if (plan.Schedule is not ("constant" or "poisson")) Add("schedule", plan.Schedule, "constant or poisson");
        if (plan.Priority is not ("highest" or LoadPlan.NormalPriority)) Add("priority", plan.Priority, "highest or normal");
        if (plan.Deadline < MinDeadline || plan.Deadline > MaxDeadline) Add("deadline", Duration.Format(plan.Deadline), "1ms to 1m");
        CheckRequests(plan, Add);
        return errors;
    }

    private static void CheckRequests(LoadPlan plan, Action<string, object?, string> add)
    {
        if (plan.Requests.Count is < 1 or > MaxKinds) add("file", plan.Requests.Count, $"1 to {MaxKinds} kinds of requests");
        if (plan.Requests.Select(r => r.Kind).Distinct().Count() != plan.Requests.Count) add("kind", string.Join(", ", plan.Requests.Select(r => r.Kind)), "a name of its own for each kind of request");
        foreach (var request in plan.Requests)
        {
            if (!(request.Weight > 0 && double.IsFinite(request.Weight))) add("weight", request.Weight, "a number above 0");
            if (!Methods.Contains(request.Method)) add("method", request.Method, string.Join(", ", Methods));
            if (!request.Path.StartsWith('/') || request.Path.Any(c => c <= ' ' || c >= 127)) add("path", request.Path, "a path that begins with / and has no blanks and only ASCII (percent-encode the rest)");
            if (request.Path.Split("{key}").Length > 2) add("path", request.Path, "{key} once at most");
            if (request.Keys < 1) add("keys", request.Keys, "1 or more");
            foreach (var (name, value) in request.Headers)
            {
                if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))) add("header", name, "a header's name: letters, digits and hyphens");
                else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)) add("header", name, "any but Transfer-Encoding: bodies are sent with their length");
                if (value.Any(c => c < ' ' && c != '\t' || c == 127)) add("header", $"{name}: …", "a value without line ends or other control characters");
            }
        }
        if (plan.Requests.Count == 0) return;
        long own = (long)new RequestSet(plan).OwnLength * Timeline.MostConnections(plan);
        if (own > MostRequestMemory) add("body", $"{own / (1024 * 1024)} MB", "with a {key} in the path, length of the request × connections up to 512 MB");
    }

    /// <summary>Throws with a sentence when the process may not open as many sockets as the plan needs.</summary>
    public static void RequireFiles(LoadPlan plan)
    {
        int limit = FileLimit.Raise(), needed = Timeline.MostConnections(plan) + FileLimit.Reserve;
        if (needed > limit) throw new IOException($"{Timeline.MostConnections(plan)} connections need {needed} open files, and {limit} are allowed: raise the hard limit (as root: nofile in /etc/security/limits.conf, or LimitNOFILE= of a service) or take fewer connections");
    }
}
