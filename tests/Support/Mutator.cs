using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Wobble.Tests.Support;

/// <summary>
/// Turns a text that is good into one that nobody meant: a byte changed, a piece cut, a value of another kind, a member gone, twice or unheard of. The same
/// seed gives the same texts. <see cref="Count"/> is how many a test feeds: few in the tests, as many as <c>bench/mutate</c> asks for there.
/// </summary>
public sealed class Mutator(int seed)
{
    private static readonly string[] Values =
    [
        "null", "true", "\"\"", "\"x\"", "-1", "0", "1", "2147483648", "9223372036854775808", "-9223372036854775809", "1e308", "1e-320", "0.1", "[]", "{}", "[null]", "[[]]", "{\"a\":null}", "[1,\"a\",{}]",
        "\"\\u0000\"", "\"LONE-SURROGATE\"", "\"../../etc/passwd\"", "\"<script>alert(1)</script>\"", "\"=1+1\"", "\"'; drop table runs; --\"", "\"10s\"", "\"-5s\"", "\"99999999h\"", "\"session:-1\"", "\"NaN\"", "\"{0}%s%n\"",
        "\"" + new string('a', 300) + "\"", "\"" + new string('9', 400) + "\"", new string('9', 400), new string('[', 40) + new string(']', 40),
    ];

    private readonly Random _random = new(seed);

    /// <summary>How many texts a test feeds: the environment variable MUTATIONS, else the number given.</summary>
    public static int Count(int inTests) => int.TryParse(Environment.GetEnvironmentVariable("MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : inTests;

    /// <summary>One text made of a good one.</summary>
    public string Next(string good) => _random.Next(4) == 0 ? Bytes(good) : Members(good);

    private string Bytes(string good)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(good);
        for (int i = _random.Next(1, 4); i > 0 && bytes.Length > 0; i--)
        {
            int at = _random.Next(bytes.Length);
            switch (_random.Next(4))
            {
                case 0: bytes[at] = (byte)_random.Next(256); break;
                case 1: bytes = bytes[..at]; break;
                case 2: bytes = [.. bytes[..at], .. bytes[_random.Next(bytes.Length)..]]; break;
                default: bytes[at] = "{}[],:\"0-\\"u8[_random.Next(10)]; break;
            }
        }
        return Encoding.UTF8.GetString(bytes);
    }

    private string Members(string good)
    {
        if (JsonNode.Parse(good) is not { } root) return good;
        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            var nodes = new List<JsonNode>();
            Collect(root, nodes);
            var node = nodes[_random.Next(nodes.Count)];
            if (node is JsonObject { Count: > 0 } members)
            {
                string name = members.ElementAt(_random.Next(members.Count)).Key;
                switch (_random.Next(5))
                {
                    case 0: members.Remove(name); break;
                    case 1: members["unheard_of"] = 1; break;
                    default: members[name] = Value(); break;
                }
            }
            else if (node is JsonArray { Count: > 0 } items)
            {
                int at = _random.Next(items.Count);
                switch (_random.Next(4))
                {
                    case 0: items.RemoveAt(at); break;
                    case 1: items.Add(items[at]?.DeepClone()); break;
                    default: items[at] = Value(); break;
                }
            }
        }
        // Half of a pair can't be had from a tree either.
        string text = root.ToJsonString().Replace("LONE-SURROGATE", "\\ud800", StringComparison.Ordinal);
        // A member that is there twice can't be had from a tree.
        return _random.Next(20) == 0 && text.Length > 2 && text[0] == '{' ? text[..^1] + "," + text[1..] : text;
    }

    private JsonNode? Value()
    {
        try
        {
            return JsonNode.Parse(Values[_random.Next(Values.Length)]);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static void Collect(JsonNode node, List<JsonNode> into)
    {
        into.Add(node);
        var children = node switch { JsonObject o => o.Select(m => m.Value), JsonArray a => a, _ => [] };
        foreach (var child in children) if (child is JsonObject or JsonArray) Collect(child, into);
    }
}
