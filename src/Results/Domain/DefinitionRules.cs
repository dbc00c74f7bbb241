using System.Globalization;

namespace Wobble.Results.Domain;

/// <summary>One thing wrong with an input: which field, the value given, what is allowed.</summary>
/// <param name="Field">The field's name as in the API (<c>keep_alive</c>).</param>
/// <param name="Value">What was given, as text.</param>
/// <param name="Allowed">A sentence that says what is wrong and what is allowed.</param>
public sealed record FieldError(string Field, string Value, string Allowed)
{
    /// <summary>As one line: <c>workers: -1 is not allowed; …</c>.</summary>
    public override string ToString() => $"{Field}: {(Value.Length == 0 ? "nothing" : Value)} is not allowed; {Allowed}";
}

/// <summary>
/// The limits of a definition, the same for pages, API and command line. Guarantees: a definition without errors can be planned on the runner
/// whose catalogue was given; each error names the field, the value and what is allowed.
/// </summary>
public static class DefinitionRules
{
    /// <summary>The most workers.</summary>
    public const int MaxWorkers = 256;
    /// <summary>The most connections.</summary>
    public const int MaxConnections = 20_000;
    /// <summary>The highest rate, requests a second.</summary>
    public const double MaxRate = 1_000_000;
    /// <summary>The longest measurement.</summary>
    public static readonly TimeSpan MaxFor = TimeSpan.FromHours(24);
    /// <summary>The shortest measurement.</summary>
    public static readonly TimeSpan MinFor = TimeSpan.FromSeconds(1);
    /// <summary>The longest warm-up.</summary>
    public static readonly TimeSpan MaxWarmup = TimeSpan.FromHours(1);
    /// <summary>The most requests.</summary>
    public const long MaxRequests = 1_000_000_000;
    /// <summary>The most repetitions.</summary>
    public const int MaxRepetitions = 100;

    /// <summary>All that is wrong, in the order of the form; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Check(Definition definition, Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(catalogue);
        var errors = new List<FieldError>();
        void Add(string field, object? value, string allowed) =>
            errors.Add(new FieldError(field, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", allowed));

        var target = catalogue.Find(definition.Target);
        if (target is null) Add("target", definition.Target, UnknownTarget(definition.Target, catalogue));
        else if (target.Unavailable is { } why) Add("target", target.Name, why);

        if (definition.Workers is < 1 or > MaxWorkers) Add("workers", definition.Workers, $"1 to {MaxWorkers}");
        if (definition.Connections is < 1 or > MaxConnections) Add("connections", definition.Connections, $"1 to {MaxConnections}");
        if (definition.Rate is { } rate && !(rate > 0 && rate <= MaxRate)) Add("rate", rate, $"more than 0, at most {MaxRate:0} requests a second; leave it out for a closed loop");
        if (definition.Warmup < TimeSpan.Zero || definition.Warmup > MaxWarmup) Add("warmup", Duration.Format(definition.Warmup), "0s to 1h");
        if (definition is { For: not null, Requests: not null }) Add("for", Duration.Format(definition.For.Value), $"either for or requests, not both (requests is {definition.Requests})");
        else if (definition.For is { } length && (length < MinFor || length > MaxFor)) Add("for", Duration.Format(length), "1s to 24h");
        if (definition.Requests is < 1 or > MaxRequests) Add("requests", definition.Requests, $"1 to {MaxRequests}");
        CheckStages(definition, Add);
        if (!Domain.Workload.TryParse(definition.Workload, out _)) Add("workload", definition.Workload, Domain.Workload.Allowed);
        if (definition.Proxy is not ("nginx" or "none")) Add("proxy", definition.Proxy, "nginx or none");
        if (!PoolerSetting.TryParse(definition.Pooler, out _)) Add("pooler", definition.Pooler, PoolerSetting.Allowed);
        if (definition.Repetitions is < 1 or > MaxRepetitions) Add("repetitions", definition.Repetitions, $"1 to {MaxRepetitions}");
        if (definition.Provoke is { } provocation && !Provocations.All.Contains(provocation)) Add("provoke", provocation, string.Join(", ", Provocations.All));
        CheckParts(definition, catalogue, Add);
        if (target is not null) CheckTarget(definition, target, catalogue, Add);
        return errors;
    }

    /// <summary>
    /// The same for something that any of several machines may run: what is wrong on the one where the least is. Of no machine at all what every machine refuses.
    /// </summary>
    /// <param name="definition">What is asked.</param>
    /// <param name="catalogues">What each of the machines can run.</param>
    /// <param name="mayWait">A target that is known and can't run yet is no error.</param>
    public static IReadOnlyList<FieldError> CheckAny(Definition definition, IEnumerable<Catalogue> catalogues, bool mayWait = false)
    {
        ArgumentNullException.ThrowIfNull(catalogues);
        var of = catalogues.Select(c => Check(definition, c).Where(e => !(mayWait && e.Field == "target" && c.Find(definition.Target)?.Unavailable is not null)).ToList()).ToList();
        return of.Count > 0 ? of.MinBy(e => e.Count)! : [.. Check(definition, new Catalogue()).Where(e => e.Field != "target")];
    }

    private static void CheckTarget(Definition definition, CatalogueTarget target, Catalogue catalogue, Action<string, object?, string> add)
    {
        int workers = definition.Workers ?? Defaults.Workers(target.Class, catalogue.Cores);
        if (definition.Proxy == "none" && target.NeedsProxy)
            add("proxy", "none", $"{target.Server} speaks the uwsgi protocol, which only nginx translates: use nginx");
        if (definition.Proxy == "none" && target.OneProcessEach && workers > 1)
            add("workers", workers, $"1 without a proxy: {target.Server} is one process a worker, and more than one needs nginx to share the requests out");
        foreach (var (name, value) in definition.Options) CheckOption(definition, target, name, value, add);
    }

    private static void CheckOption(Definition definition, CatalogueTarget target, string name, string value, Action<string, object?, string> add)
    {
        string field = $"options.{name}";
        var option = target.Options.FirstOrDefault(o => o.Name == name);
        if (option is null)
            add(field, value, target.Options.Count == 0 ? $"{target.Name} has no options" : $"{target.Name} has {string.Join(", ", target.Options.Select(o => o.Name))}");
        else if (option.Values.Count > 0 && !option.Values.Contains(value))
            add(field, value, string.Join(", ", option.Values));
        else if (option.Values.Count == 0 && (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < option.Min || number > option.Max))
            add(field, value, $"a whole number from {option.Min} to {option.Max}");
        else if (option.Unavailable.TryGetValue(value, out string? why))
            add(field, value, why);
        else if (value != option.Default && option.NeedsProxy && definition.Proxy == "none")
            add(field, value, $"{option.Default} without a proxy: it is a switch of nginx");
        else if (value != option.Default)
            foreach (var (other, needed) in option.Needs)
                if (ValueOf(definition, target, other) is { } given && given != needed) add(field, value, $"{option.Default} unless {other} is {needed} (it is {given}): it would change nothing");
    }

    private static string? ValueOf(Definition definition, CatalogueTarget target, string option) =>
        definition.Options.TryGetValue(option, out string? given) ? given : target.Options.FirstOrDefault(o => o.Name == option)?.Default;

    private static void CheckParts(Definition definition, Catalogue catalogue, Action<string, object?, string> add)
    {
        string? MissingOf(string part) => catalogue.Parts.FirstOrDefault(p => p.Name == part)?.Missing;
        if (definition.Proxy == "nginx" && MissingOf("nginx") is { } proxy) add("proxy", "nginx", proxy);
        if (definition.Pooler != "none" && MissingOf("pgbouncer") is { } pooler) add("pooler", definition.Pooler, pooler);
    }

    private static void CheckStages(Definition definition, Action<string, object?, string> add)
    {
        if (definition.Stages is null) return;
        if (!LoadStage.TryParse(definition.Stages, out var stages, out string? wrong)) add("stages", definition.Stages, wrong!);
        // A definition that was completed holds the most of its stages.
        else if (definition.Connections is { } beside && LoadStage.MostConnections(stages) is { } most && beside != most)
        {
            var error = LoadStage.BesideStages(beside, definition.Stages);
            add(error.Field, error.Value, error.Allowed);
        }
        if (definition.Rate is not null || definition.For is not null || definition.Requests is not null)
            add("stages", definition.Stages, "stages say rate and duration themselves: leave out rate, for and requests");
    }

    private static string UnknownTarget(string? name, Catalogue catalogue)
    {
        string wanted = name ?? "";
        var near = catalogue.Targets.Where(t => wanted.Length > 0 && (t.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase) || wanted.Split('/').Any(p => p.Length > 1 && (t.Server == p || t.App == p)))).Select(t => t.Name).Take(6).ToList();
        return near.Count > 0 ? $"no such target; near it: {string.Join(", ", near)}" : "a server and an app of one interface, such as uwsgi-http/bottle; ./wobble targets lists them";
    }
}
