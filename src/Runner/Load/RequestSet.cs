using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Wobble.Results.Domain;

namespace Wobble.Runner.Load;

/// <summary>
/// The bytes of each kind of request, made once. A request without a random key is sent from one shared copy; one with a key is written into its
/// connection's own memory. Threads share it; nothing in it changes.
/// </summary>
internal sealed unsafe class RequestSet
{
    private const string Key = "{key}";
    private const int MostKeyDigits = 10;

    /// <summary>One kind of request, ready to send.</summary>
    private sealed class Template
    {
        public required byte* Bytes;
        public required int Length;
        /// <summary>Where the key stands, or −1.</summary>
        public required int KeyAt;
        public required ulong Keys;
        public required bool IsHead;
        /// <summary>Random numbers up to this one, and above the previous kind's, choose this kind.</summary>
        public required ulong UpTo;
    }

    private readonly Template[] templates;

    public RequestSet(LoadPlan plan)
    {
        Kinds = [.. plan.Requests.Select(r => r.Kind)];
        double total = plan.Requests.Sum(r => r.Weight), sum = 0;
        templates = new Template[plan.Requests.Count];
        for (int i = 0; i < templates.Length; i++)
        {
            sum += plan.Requests[i].Weight;
            ulong upTo = i == templates.Length - 1 ? ulong.MaxValue : (ulong)(sum / total * ulong.MaxValue);
            templates[i] = Make(plan, plan.Requests[i], upTo);
        }
    }

    /// <summary>Names of the kinds; elsewhere a kind is its index.</summary>
    public IReadOnlyList<string> Kinds { get; }

    /// <summary>Memory that a connection needs for requests of its own; 0 when all kinds are shared.</summary>
    public int OwnLength => templates.Where(t => t.KeyAt >= 0).Select(t => t.Length + MostKeyDigits).DefaultIfEmpty(0).Max();

    public int LongestRequest => templates.Max(t => t.Length + MostKeyDigits);

    public bool IsHead(int kind) => templates[kind].IsHead;

    /// <summary>Draws a kind by weight.</summary>
    public int Draw(ref RandomNumbers random)
    {
        if (templates.Length == 1) return 0;
        ulong number = random.Next();
        int kind = 0;
        while (number > templates[kind].UpTo) kind++;
        return kind;
    }

    /// <summary>The request's bytes: the shared ones, or <paramref name="own"/> filled with a random key.</summary>
    public byte* Write(int kind, byte* own, ref RandomNumbers random, out int length)
    {
        var template = templates[kind];
        length = template.Length;
        if (template.KeyAt < 0) return template.Bytes;
        Buffer.MemoryCopy(template.Bytes, own, template.KeyAt, template.KeyAt);
        Utf8Formatter.TryFormat(1 + random.Below(template.Keys), new Span<byte>(own + template.KeyAt, MostKeyDigits), out int digits);
        int rest = template.Length - template.KeyAt;
        Buffer.MemoryCopy(template.Bytes + template.KeyAt, own + template.KeyAt + digits, rest, rest);
        length += digits;
        return own;
    }

    private static Template Make(LoadPlan plan, LoadRequest request, ulong upTo)
    {
        int key = request.Path.IndexOf(Key, StringComparison.Ordinal);
        string path = key < 0 ? request.Path : request.Path.Remove(key, Key.Length);
        string line = $"{request.Method} {path} HTTP/1.1\r\n";
        byte[] head = Encoding.UTF8.GetBytes(line + HeadersOf(plan, request));
        byte[] body = request.Body is null ? [] : Encoding.UTF8.GetBytes(request.Body);
        byte[] whole = [.. head, .. body];
        byte* bytes = (byte*)NativeMemory.Alloc((nuint)whole.Length);
        whole.CopyTo(new Span<byte>(bytes, whole.Length));
        return new Template
        {
            Bytes = bytes,
            Length = whole.Length,
            KeyAt = key < 0 ? -1 : Encoding.UTF8.GetByteCount(line[..(request.Method.Length + 1 + key)]),
            Keys = (ulong)Math.Max(1, request.Keys),
            IsHead = request.Method == "HEAD",
            UpTo = upTo,
        };
    }

    private static string HeadersOf(LoadPlan plan, LoadRequest request)
    {
        var text = new StringBuilder();
        bool Has(string name) => request.Headers.Keys.Any(k => k.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (!Has("Host")) text.Append(CultureInfo.InvariantCulture, $"Host: {plan.HostHeader ?? HostOf(plan)}\r\n");
        foreach (var (name, value) in request.Headers) text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        bool mayHaveBody = request.Body is not null || request.Method is "POST" or "PUT" or "PATCH";
        if (mayHaveBody && !Has("Content-Length")) text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(request.Body ?? "")}\r\n");
        // HTTP/1.1 keeps connections unless told.
        if (!plan.KeepAlive && !Has("Connection")) text.Append("Connection: close\r\n");
        return text.Append("\r\n").ToString();
    }

    private static string HostOf(LoadPlan plan)
    {
        if (plan.Host.StartsWith(Endpoint.UnixPrefix, StringComparison.Ordinal)) return "localhost";
        string host = plan.Host.Contains(':', StringComparison.Ordinal) && !plan.Host.StartsWith('[') ? $"[{plan.Host}]" : plan.Host;
        return plan.Port == 80 ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{plan.Port}");
    }
}
