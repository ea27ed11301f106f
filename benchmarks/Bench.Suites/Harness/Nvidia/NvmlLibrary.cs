using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Bench.Suites.Harness.Nvidia;

/// <summary>
/// The driver's management library (NVML), loaded where it is installed. Written to its documented C interface; never run on a GPU.
/// </summary>
internal sealed class NvmlLibrary : IDisposable
{
    private const int Success = 0;
    private static readonly string[] Names = ["libnvidia-ml.so.1", "libnvidia-ml.so", "nvml.dll"];
    private readonly nint _library;

    private NvmlLibrary(nint library) => _library = library;

    /// <summary>Opens the library.</summary>
    /// <returns>Null where no driver is installed or it does not start.</returns>
    public static NvmlLibrary? Open()
    {
        foreach (var name in Names)
        {
            if (NativeLibrary.TryLoad(name, out var handle))
            {
                var library = new NvmlLibrary(handle);
                if (library.Function<NoArguments>("nvmlInit_v2") is { } start && start() == Success)
                {
                    return library;
                }

                NativeLibrary.Free(handle);
            }
        }

        return null;
    }

    /// <summary>The device that CUDA numbers 0 in this process.</summary>
    /// <param name="visible">Value of <c>CUDA_VISIBLE_DEVICES</c>: numbers or unique ids separated by commas; the first one counts.</param>
    /// <returns>Null when there is no such device.</returns>
    public INvidiaDevice? FirstVisible(string? visible)
    {
        var first = visible?.Split(',')[0].Trim();
        nint device;
        var found = string.IsNullOrEmpty(first) ? ByIndex(0, out device)
            : uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? ByIndex(index, out device)
            : Function<GetByText>("nvmlDeviceGetHandleByUUID") is { } byUuid ? byUuid(first, out device)
            : NoDevice(out device);
        return found == Success ? new NvmlDevice(this, device) : null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Function<NoArguments>("nvmlShutdown")?.Invoke();
        NativeLibrary.Free(_library);
    }

    private int ByIndex(uint index, out nint device) =>
        Function<GetByIndex>("nvmlDeviceGetHandleByIndex_v2") is { } byIndex ? byIndex(index, out device) : NoDevice(out device);

    private static int NoDevice(out nint device)
    {
        device = 0;
        return -1;
    }

    private T? Function<T>(string name)
        where T : Delegate =>
        NativeLibrary.TryGetExport(_library, name, out var address) ? Marshal.GetDelegateForFunctionPointer<T>(address) : null;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int NoArguments();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetByIndex(uint index, out nint device);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetByText([MarshalAs(UnmanagedType.LPUTF8Str)] string uuid, out nint device);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetSystemText([Out] byte[] text, uint length);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetSystemNumber(out int value);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetText(nint device, [Out] byte[] text, uint length);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetNumber(nint device, out uint value);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetLong(nint device, out ulong value);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetOf(nint device, uint which, out uint value);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetModes(nint device, out uint current, out uint pending);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetMemory(nint device, out MemoryInfo memory);

    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryInfo
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }

    private sealed class NvmlDevice(NvmlLibrary library, nint device) : INvidiaDevice
    {
        private const int TextLength = 96;
        private const uint DieSensor = 0;

        public string? Name => Text("nvmlDeviceGetName");

        public string? Uuid => Text("nvmlDeviceGetUUID");

        public string? DriverVersion
        {
            get
            {
                var text = new byte[TextLength];
                return library.Function<GetSystemText>("nvmlSystemGetDriverVersion") is { } ask && ask(text, TextLength) == Success ? Decode(text) : null;
            }
        }

        public int? CudaDriverVersion =>
            library.Function<GetSystemNumber>("nvmlSystemGetCudaDriverVersion_v2") is { } ask && ask(out var value) == Success ? value : null;

        public ulong? MemoryBytes =>
            library.Function<GetMemory>("nvmlDeviceGetMemoryInfo") is { } ask && ask(device, out var memory) == Success ? memory.Total : null;

        public uint? PowerLimit => Number("nvmlDeviceGetEnforcedPowerLimit");

        public uint? PowerUsage => Number("nvmlDeviceGetPowerUsage");

        public uint? Temperature => Of("nvmlDeviceGetTemperature", DieSensor);

        public ulong? ThrottleReasons =>
            library.Function<GetLong>("nvmlDeviceGetCurrentClocksThrottleReasons") is { } ask && ask(device, out var bits) == Success ? bits : null;

        public bool? Ecc => Mode("nvmlDeviceGetEccMode");

        public bool? MultiInstance => Mode("nvmlDeviceGetMigMode");

        public bool? Persistence => Number("nvmlDeviceGetPersistenceMode") is { } mode ? mode != 0 : null;

        public uint? RequestedClock(NvidiaClock clock) => Of("nvmlDeviceGetApplicationsClock", (uint)clock);

        public uint? CurrentClock(NvidiaClock clock) => Of("nvmlDeviceGetClockInfo", (uint)clock);

        public uint? MaximumClock(NvidiaClock clock) => Of("nvmlDeviceGetMaxClockInfo", (uint)clock);

        private string? Text(string function)
        {
            var text = new byte[TextLength];
            return library.Function<GetText>(function) is { } ask && ask(device, text, TextLength) == Success ? Decode(text) : null;
        }

        private uint? Number(string function) =>
            library.Function<GetNumber>(function) is { } ask && ask(device, out var value) == Success ? value : null;

        private uint? Of(string function, uint which) =>
            library.Function<GetOf>(function) is { } ask && ask(device, which, out var value) == Success ? value : null;

        private bool? Mode(string function) =>
            library.Function<GetModes>(function) is { } ask && ask(device, out var current, out _) == Success ? current != 0 : null;

        private static string Decode(byte[] text) => Encoding.UTF8.GetString(text.AsSpan(0, Math.Max(0, Array.IndexOf(text, (byte)0))));
    }
}
