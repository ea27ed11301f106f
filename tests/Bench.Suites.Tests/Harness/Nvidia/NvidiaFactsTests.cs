using Bench.Suites.Harness.Nvidia;

namespace Bench.Suites.Tests.Harness.Nvidia;

public sealed class NvidiaFactsTests
{
    [Fact]
    public void A_card_is_described_without_its_id()
    {
        var facts = NvidiaFacts.Lasting(new Card());

        Assert.Equal("NVIDIA A100-SXM4-80GB", facts["device.model"]);
        Assert.Equal("550.54.15", facts["driver.version"]);
        Assert.Equal("12.4", facts["cuda.driver"]);
        Assert.Equal("1410 MHz", facts["gpu.clock.sm.requested"]);
        Assert.Equal("400 W", facts["gpu.power.limit"]);
        Assert.Equal("on", facts["gpu.ecc"]);
        Assert.Equal("off", facts["gpu.mig"]);
        Assert.Equal(16, facts["gpu.uuid.sha256"].Length);
        Assert.DoesNotContain(facts.Values, value => value.Contains(new Card().Uuid, StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_card_cannot_answer_is_said_and_not_left_out()
    {
        var facts = NvidiaFacts.Lasting(new SilentCard());

        Assert.Equal(NvidiaFacts.Lasting(new Card()).Keys, facts.Keys);
        Assert.All(facts.Values, value => Assert.Equal("not exposed", value));
        Assert.Empty(NvidiaFacts.Observed(new SilentCard()));
    }

    [Fact]
    public void What_was_observed_is_in_plain_units_and_names_each_reason_for_lower_clocks()
    {
        var observed = NvidiaFacts.Observed(new Card()).ToDictionary();

        Assert.Equal(1275, observed["gpuClockMegahertz"]);
        Assert.Equal(388.2, observed["gpuPowerWatt"], 6);
        Assert.Equal(71, observed["gpuTemperatureCelsius"]);
        Assert.Equal(["gpuThrottled.hardware-thermal", "gpuThrottled.power-cap"], observed.Keys.Where(name => name.StartsWith("gpuThrottled", StringComparison.Ordinal)).Order());
    }

    [Theory]
    [InlineData("NVIDIA A100-SXM4-80GB", "cuda-a100-sxm4-80gb")]
    [InlineData("NVIDIA GeForce RTX 4090", "cuda-rtx-4090")]
    [InlineData("Tesla T4", "cuda-t4")]
    public void The_class_of_a_card_is_its_model(string model, string expected) => Assert.Equal(expected, NvidiaFacts.DeviceClass(model));

    [Fact]
    public void A_machine_without_driver_has_no_library_and_no_device()
    {
        Assert.SkipWhen(File.Exists("/dev/nvidiactl"), "This machine has an NVIDIA driver.");
        Assert.Null(NvmlLibrary.Open());
    }

    private sealed class Card : INvidiaDevice
    {
        public string Name => "NVIDIA A100-SXM4-80GB";

        public string Uuid => "GPU-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

        public string DriverVersion => "550.54.15";

        public int? CudaDriverVersion => 12_040;

        public ulong? MemoryBytes => 80UL << 30;

        public uint? PowerLimit => 400_000;

        public uint? PowerUsage => 388_200;

        public uint? Temperature => 71;

        // Idle, power cap and hardware thermal.
        public ulong? ThrottleReasons => 0x1 | 0x4 | 0x40;

        public bool? Ecc => true;

        public bool? MultiInstance => false;

        public bool? Persistence => true;

        public uint? RequestedClock(NvidiaClock clock) => clock == NvidiaClock.Memory ? 1593u : 1410u;

        public uint? CurrentClock(NvidiaClock clock) => clock == NvidiaClock.Memory ? 1593u : 1275u;

        public uint? MaximumClock(NvidiaClock clock) => clock == NvidiaClock.Memory ? 1593u : 1410u;
    }

    private sealed class SilentCard : INvidiaDevice
    {
        public string? Name => null;

        public string? Uuid => null;

        public string? DriverVersion => null;

        public int? CudaDriverVersion => null;

        public ulong? MemoryBytes => null;

        public uint? PowerLimit => null;

        public uint? PowerUsage => null;

        public uint? Temperature => null;

        public ulong? ThrottleReasons => null;

        public bool? Ecc => null;

        public bool? MultiInstance => null;

        public bool? Persistence => null;

        public uint? RequestedClock(NvidiaClock clock) => null;

        public uint? CurrentClock(NvidiaClock clock) => null;

        public uint? MaximumClock(NvidiaClock clock) => null;
    }
}
