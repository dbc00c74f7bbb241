using System.Runtime.CompilerServices;
using Wobble.Results.Domain;

namespace Wobble.Runner.Load;

/// <summary>
/// Words told apart while their bytes come one by one: a set of candidates, one bit each, narrowed with every byte. Case doesn't matter; the first word
/// is bit 0 and found as 1, so that 0 stands for none.
/// </summary>
internal static class HeaderNames
{
    private static readonly byte[][] Words = [.. ((string[])["content-length", "transfer-encoding", "connection", Plan.NonceHeader]).Select(WordSet.Lower)];
    private const byte WithoutNonce = 0b0111, WithNonce = 0b1111;

    public static byte All(bool nonce) => nonce ? WithNonce : WithoutNonce;

    public static byte Narrow(byte candidates, int position, byte b) => WordSet.Narrow(Words, candidates, position, b);

    public static int Find(byte candidates, int length) => WordSet.Find(Words, candidates, length);
}

/// <summary>The tokens of Transfer-Encoding and Connection that matter.</summary>
internal static class Tokens
{
    public const int Chunked = 1, Close = 2, KeepAlive = 3;
    public const byte All = 0b111;
    private static readonly byte[][] Words = [.. ((string[])["chunked", "close", "keep-alive"]).Select(WordSet.Lower)];

    public static byte Narrow(byte candidates, int position, byte b) => WordSet.Narrow(Words, candidates, position, b);

    public static int Find(byte candidates, int length) => WordSet.Find(Words, candidates, length);
}

internal static class WordSet
{
    public static byte[] Lower(string word) => System.Text.Encoding.ASCII.GetBytes(word.ToLowerInvariant());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Narrow(byte[][] words, byte candidates, int position, byte b)
    {
        byte left = 0;
        byte lower = b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
        for (int word = 0; word < words.Length; word++)
        {
            if ((candidates & (1 << word)) != 0 && position < words[word].Length && words[word][position] == lower) left |= (byte)(1 << word);
        }
        return left;
    }

    public static int Find(byte[][] words, byte candidates, int length)
    {
        for (int word = 0; word < words.Length; word++)
        {
            if ((candidates & (1 << word)) != 0 && words[word].Length == length) return word + 1;
        }
        return 0;
    }
}
