namespace Bench.Web.Hosting;

/// <summary>
/// Ends the site when its standard input ends. <c>./bench up</c> holds the other end, so the site cannot outlive it, not even after kill -9.
/// Off unless <c>Bench:EndWithInput</c> is true.
/// </summary>
internal sealed class EndWithInput(IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var watch = new Thread(() =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }

            lifetime.StopApplication();
        })
        { IsBackground = true, Name = "input watch" };
        watch.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
