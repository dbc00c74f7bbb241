using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>What the sections of New run share: the form, what is wrong with it, and whom to tell of a change.</summary>
public sealed class FormContext
{
    /// <summary>The fields.</summary>
    public required RunForm Form { get; init; }
    /// <summary>What can be run.</summary>
    public required Catalogue Catalogue { get; set; }
    /// <summary>All that is wrong.</summary>
    public IReadOnlyList<FieldError> Errors { get; set; } = [];
    /// <summary>Called as something is typed: the stack and the time follow.</summary>
    public required Action Typed { get; init; }
    /// <summary>Called when a change is finished: the address follows.</summary>
    public required Action Settled { get; init; }

    /// <summary>The chosen targets that the catalogue knows.</summary>
    public IEnumerable<CatalogueTarget> Chosen => Form.Targets.Select(Catalogue.Find).OfType<CatalogueTarget>();

    /// <summary>Changes the form and finishes.</summary>
    public void Change(Action<RunForm> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        change(Form);
        Typed();
        Settled();
    }

    /// <summary>Changes the form while it is typed.</summary>
    public void Type(Action<RunForm> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        change(Form);
        Typed();
    }

    /// <summary>What is wrong with a field.</summary>
    public IEnumerable<FieldError> ErrorsOf(string field) => Errors.Where(e => e.Field == field);
}
