using System.Text;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>
/// A typed condition over an event, with C#'s operators and precedence: <c>kind == port_read &amp;&amp; (value &amp; 1) != 0</c>. A
/// comparison with a field that the event does not have is false.
/// </summary>
internal sealed class Condition
{
    private const int DeepestNesting = 64;

    // Each operator is a call deeper when the condition is asked.
    private const int MostTokens = 2000;

    // Weakest first, as in C#.
    private static readonly string[][] Levels =
        [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", ">", "<=", ">="], ["<<", ">>"], ["+", "-"]];

    private readonly List<Token> tokens;
    private readonly Node root;
    private int next;
    private int depth;

    private Condition(string text)
    {
        tokens = Tokenizer.Cut(text);
        if (tokens.Count > MostTokens)
            throw Error(tokens[MostTokens].Column, $"a condition has at most {MostTokens} parts");
        root = Binary(0);
        if (Peek.Kind != TokenKind.End)
            throw Error(Peek.Column, $"'{Peek.Text}' follows where the condition could end; is an operator missing?");
        if (root.Type != NodeType.Truth)
            throw Error(root.Column, "this is not true or false; compare it with something, as in: port == 0x3fd");
    }

    private Token Peek => tokens[next];

    /// <summary>Reads a condition.</summary>
    /// <exception cref="UsageException">It is not one; the message says where and why.</exception>
    public static Condition Parse(string text) => new(text);

    /// <summary>True where <paramref name="e"/> meets the condition.</summary>
    public bool Holds(in Event e, ReadOnlySpan<byte> arena) => root.Value(e, arena) == 1;

    /// <summary>A complaint about a place in a condition.</summary>
    public static UsageException Error(int column, string problem) => new($"--where, column {column}: {problem}");

    private Node Binary(int level)
    {
        if (level == Levels.Length)
            return Unary();
        Node left = Binary(level + 1);
        while (Peek.Kind == TokenKind.Operator && Levels[level].Contains(Peek.Text, StringComparer.Ordinal))
        {
            Token op = tokens[next++];
            left = Combine(op, left, Binary(level + 1));
        }

        return left;
    }

    private Node Unary()
    {
        Token token = tokens[next++];
        switch (token.Kind)
        {
            case TokenKind.Number:
                return new Node(NodeType.Number, token.Column, (in Event _, ReadOnlySpan<byte> _) => token.Value);
            case TokenKind.Name:
                return Name(token);
            case TokenKind.Operator when token.Text == "!":
                Node negated = Expect(Nested(Unary), NodeType.Truth, "'!' needs something true or false");
                return new Node(NodeType.Truth, token.Column, (in Event e, ReadOnlySpan<byte> a) => negated.Value(e, a) == 1 ? 0UL : 1UL);
            case TokenKind.Operator when token.Text == "(":
                Node inner = Nested(() => Binary(0));
                Take(")", "the '(' is not closed");
                return inner;
            default:
                throw Error(token.Column, $"{(token.Kind == TokenKind.End ? token.Text : $"'{token.Text}'")} stands where a field or a number belongs");
        }
    }

    private Node Nested(Func<Node> parse)
    {
        if (++depth > DeepestNesting)
            throw Error(Peek.Column, "this is nested too deeply");
        Node node = parse();
        depth--;
        return node;
    }

    private Node Name(Token token)
    {
        if (token.Text is "true" or "false")
        {
            ulong truth = token.Text == "true" ? 1UL : 0;
            return new Node(NodeType.Truth, token.Column, (in Event _, ReadOnlySpan<byte> _) => truth);
        }

        if (token.Text == "payload")
            return Payload(token);
        if (Fields.Find(token.Text) is { } value)
            return new Node(NodeType.Number, token.Column, value);
        string hint = NearNames.Hint(token.Text, Fields.Names, "; fields are position, time, kind, port, value, …");
        throw Error(token.Column, $"unknown name '{token.Text}'{hint}");
    }

    private Node Payload(Token token)
    {
        Take(".", "a payload is asked with payload.contains(\"text\")");
        if (tokens[next++] is not { Kind: TokenKind.Name, Text: "contains" })
            throw Error(token.Column, "a payload is asked with payload.contains(\"text\")");
        Take("(", "a payload is asked with payload.contains(\"text\")");
        Token text = tokens[next++];
        if (text.Kind != TokenKind.Text)
            throw Error(text.Column, "payload.contains needs a text in double quotes");
        Take(")", "the '(' is not closed");
        byte[] wanted = Encoding.UTF8.GetBytes(text.Text);
        return new Node(
            NodeType.Truth, token.Column, (in Event e, ReadOnlySpan<byte> arena) => e.Payload(arena).IndexOf(wanted) >= 0 ? 1UL : 0);
    }

    private void Take(string op, string otherwise)
    {
        if (Peek.Kind != TokenKind.Operator || Peek.Text != op)
            throw Error(Peek.Column, otherwise);
        next++;
    }

    private static Node Combine(Token op, Node left, Node right)
    {
        if (op.Text is "&&" or "||")
        {
            Expect(left, NodeType.Truth, $"'{op.Text}' needs something true or false on its left");
            Expect(right, NodeType.Truth, $"'{op.Text}' needs something true or false on its right");
        }
        else
        {
            string hint = op.Text is "&" or "|" or "^" ? $"; put parentheses around the part with {op.Text}" : "";
            Expect(left, NodeType.Number, $"'{op.Text}' needs a number on its left{hint}");
            Expect(right, NodeType.Number, $"'{op.Text}' needs a number on its right{hint}");
        }

        Evaluator l = left.Value;
        Evaluator r = right.Value;
        (NodeType type, Evaluator value) = op.Text switch
        {
            "&&" => (NodeType.Truth, (Evaluator)((in Event e, ReadOnlySpan<byte> a) => l(e, a) == 1 && r(e, a) == 1 ? 1UL : 0)),
            "||" => (NodeType.Truth, (in Event e, ReadOnlySpan<byte> a) => l(e, a) == 1 || r(e, a) == 1 ? 1UL : 0),
            "==" => Compare(l, r, (x, y) => x == y),
            "!=" => Compare(l, r, (x, y) => x != y),
            "<" => Compare(l, r, (x, y) => x < y),
            ">" => Compare(l, r, (x, y) => x > y),
            "<=" => Compare(l, r, (x, y) => x <= y),
            ">=" => Compare(l, r, (x, y) => x >= y),
            "&" => Compute(l, r, (x, y) => x & y),
            "|" => Compute(l, r, (x, y) => x | y),
            "^" => Compute(l, r, (x, y) => x ^ y),
            "<<" => Compute(l, r, (x, y) => y > 63 ? 0 : x << (int)y),
            ">>" => Compute(l, r, (x, y) => y > 63 ? 0 : x >> (int)y),
            "+" => Compute(l, r, (x, y) => unchecked(x + y)),
            _ => Compute(l, r, (x, y) => unchecked(x - y)),
        };
        return new Node(type, left.Column, value);
    }

    private static (NodeType Type, Evaluator Value) Compare(Evaluator l, Evaluator r, Func<ulong, ulong, bool> compare) =>
        (NodeType.Truth, (in Event e, ReadOnlySpan<byte> a) => l(e, a) is { } x && r(e, a) is { } y && compare(x, y) ? 1UL : 0);

    private static (NodeType Type, Evaluator Value) Compute(Evaluator l, Evaluator r, Func<ulong, ulong, ulong> compute) =>
        (NodeType.Number, (in Event e, ReadOnlySpan<byte> a) => l(e, a) is { } x && r(e, a) is { } y ? compute(x, y) : null);

    private static Node Expect(Node node, NodeType type, string otherwise) => node.Type == type ? node : throw Error(node.Column, otherwise);
}
