using Bench.Domain.Protocol;

namespace Bench.Domain.Tests.Protocol;

public sealed class ProtocolRangeTests
{
    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(5, 4, true)]
    [InlineData(5, 3, true)]
    [InlineData(5, 2, false)]
    [InlineData(5, 6, false)]
    [InlineData(1, 1, true)]
    [InlineData(1, 0, false)]
    [InlineData(2, 1, true)]
    public void A_server_understands_its_own_version_and_two_before_it(int server, int agent, bool understood) =>
        Assert.Equal(understood, new ProtocolRange(server).Includes(agent));
}
