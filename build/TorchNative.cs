using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Bench.Native;

/// <summary>
/// Lets TorchSharp's native library load where libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04).
/// </summary>
/// <remarks>
/// The library asks for one symbol version, <c>GLIBCXX_3.4.32</c>, for one symbol that older libraries do without: their
/// streams initialise themselves. A copy in memory asks for <c>GLIBCXX_3.4</c> and another harmless symbol instead. The runtime raises
/// the event only after the ordinary search failed, so on newer systems nothing happens; no file is ever written.
/// </remarks>
internal static class TorchNative
{
    private const string Missing = "_ZSt21ios_base_library_initv";
    private const string Harmless = "_ZSt18uncaught_exceptionv";

#pragma warning disable CA2255 // The hook must be in place before any torch call of the assembly, whoever makes it.
    [ModuleInitializer]
    internal static void Install()
#pragma warning restore CA2255
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var context = AssemblyLoadContext.GetLoadContext(typeof(TorchNative).Assembly) ?? AssemblyLoadContext.Default;
        context.ResolvingUnmanagedDll += (_, name) => name == "LibTorchSharp" ? LoadPatched() : 0;
    }

    private static nint LoadPatched()
    {
        const string file = "libLibTorchSharp.so";
        if (Folders().FirstOrDefault(folder => File.Exists(Path.Combine(folder, file))) is not { } home
            || Patch(File.ReadAllBytes(Path.Combine(home, file))) is not { } patched)
        {
            return 0;
        }

        // The copy in memory has no $ORIGIN to look beside, so its neighbour must be in the process already.
        if (Folders().Select(folder => Path.Combine(folder, "libtorch.so")).FirstOrDefault(File.Exists) is { } torch)
        {
            NativeLibrary.Load(torch);
        }

        var descriptor = memfd_create(file, 1);
        if (descriptor < 0)
        {
            return 0;
        }

        using var stream = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write);
        stream.Write(patched);
        stream.Flush();
        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    private static IEnumerable<string> Folders() =>
        ((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string) ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"));

    /// <summary>The library with the needed symbol version lowered, or null where nothing has to be patched.</summary>
    /// <exception cref="InvalidDataException">The version is needed, but not by the symbol we know how to replace.</exception>
    internal static byte[]? Patch(byte[] image)
    {
        long Int64(long at) => BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan((int)at));
        uint UInt32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan((int)at));
        int UInt16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan((int)at));
        string Text(long at) => Encoding.ASCII.GetString(image, (int)at, Array.IndexOf(image, (byte)0, (int)at) - (int)at);

        const uint elfMagic = 0x464C457F;
        if (image.Length < 64 || UInt32(0) != elfMagic || image[4] != 2 || image[5] != 1)
        {
            return null;
        }

        long headers = Int64(0x28), headerSize = UInt16(0x3A), names = Int64(headers + UInt16(0x3E) * headerSize + 0x18);
        long strings = 0, stringsLength = 0, versions = 0;
        for (var i = 0; i < UInt16(0x3C); i++)
        {
            var header = headers + i * headerSize;
            switch (Text(names + UInt32(header)))
            {
                case ".dynstr": (strings, stringsLength) = (Int64(header + 0x18), Int64(header + 0x20)); break;
                case ".gnu.version_r": versions = Int64(header + 0x18); break;
            }
        }

        if (strings == 0 || versions == 0)
        {
            return null;
        }

        long newer = -1, older = -1;
        for (var need = versions; ; need += UInt32(need + 12))
        {
            var entry = need + UInt32(need + 8);
            for (var i = 0; i < UInt16(need + 2); i++, entry += UInt32(entry + 12))
            {
                if (Text(strings + UInt32(need + 4)) == "libstdc++.so.6")
                {
                    switch (Text(strings + UInt32(entry + 8)))
                    {
                        case "GLIBCXX_3.4.32": newer = entry; break;
                        case "GLIBCXX_3.4": older = entry; break;
                    }
                }
            }

            if (UInt32(need + 12) == 0)
            {
                break;
            }
        }

        if (newer < 0 || older < 0)
        {
            return null;
        }

        var symbol = image.AsSpan((int)strings, (int)stringsLength).IndexOf(Encoding.ASCII.GetBytes($"\0{Missing}\0"));
        if (symbol < 0)
        {
            throw new InvalidDataException(
                "libLibTorchSharp.so needs GLIBCXX_3.4.32 for a symbol that is not the known one: the TorchSharp package has changed. "
                + "Update build/TorchNative.cs, or run on a system with libstdc++ of GCC 13 or later.");
        }

        var patched = (byte[])image.Clone();
        Encoding.ASCII.GetBytes(Harmless + "\0").CopyTo(patched.AsSpan((int)strings + symbol + 1));
        // vna_hash at 0 and vna_name at 8 say which version is asked for.
        image.AsSpan((int)older, 4).CopyTo(patched.AsSpan((int)newer));
        image.AsSpan((int)older + 8, 4).CopyTo(patched.AsSpan((int)newer + 8));
        return patched;
    }

#pragma warning disable SYSLIB1054, CA5392 // One libc call in a file that is compiled into several assemblies.
    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int memfd_create(string name, uint flags);
#pragma warning restore SYSLIB1054, CA5392
}
