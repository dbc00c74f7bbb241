using System.Text;
using System.Text.Json;
using CsCheck;
using Wobble.Dashboard.Api;
using Wobble.Results.Domain;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

public sealed class JsonFieldsTests
{
    private static readonly string[] Names = [.. JsonFields.NamesOf<Definition>(), .. JsonFields.NamesOf<RunExtras>(), "speed", "", "$", "a.b", "a['b']", "[0]"];

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Of("null", "true", "false", "0", "-1", "1.5", "1e999", "99999999999999999999", "\"\"", "\"10s\"", "\"uwsgi-http/bottle\"", "\"\\ud800\"", "\"\\u0000\"", "\"row\"", "\"none\""),
        Gen.Int.Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        Gen.String.Select(s => JsonSerializer.Serialize(s)));

    private static readonly Gen<string> Member = Gen.Select(Gen.Int[0, Names.Length - 1].Select(i => Names[i]), Gen.OneOf(Scalar, Scalar.Array[0, 3].Select(a => $"[{string.Join(',', a)}]"), Object(Scalar)), (name, value) => $"{JsonSerializer.Serialize(name)}:{value}");

    [Fact]
    public void Whatever_a_body_holds_it_is_bound_or_each_error_names_a_field() =>
        Member.Array[0, 8].Select(members => "{" + string.Join(',', members) + "}").Sample(text =>
        {
            var body = JsonBody.Parse(Encoding.UTF8.GetBytes(text));
            if (body.Value is null) return body.Refusal is not null;
            var (definition, extras, errors) = RunBody.Read(body.Value);
            if (definition is not null) DefinitionRules.Check(definition, SamplePlans.Catalogue);
            return extras is not null && (definition is not null || errors.Count > 0) && errors.All(e => e.Allowed.Length > 0);
        }, iter: 5_000);

    [Fact]
    public void A_body_cut_anywhere_is_refused_and_breaks_nothing()
    {
        byte[] whole = Encoding.UTF8.GetBytes("""{"target":"uwsgi-http/bottle","options":{"driver":"psycopg2"},"tags":["ä"],"rate":1.5e3}""");

        for (int length = 0; length < whole.Length; length++)
            Assert.Null(JsonBody.Parse(whole.AsMemory(0, length)).Value);
        Assert.NotNull(JsonBody.Parse(whole).Value);
    }

    private static Gen<string> Object(Gen<string> values) =>
        Gen.Select(Of("pool", "driver", "x", "a.b", "a'b", ""), values, (name, value) => $"{JsonSerializer.Serialize(name)}:{value}").Array[0, 3].Select(m => "{" + string.Join(',', m) + "}");

    private static Gen<string> Of(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
