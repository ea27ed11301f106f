using Bench.Faults.Agent;

// server, key, folder, milliseconds a cell takes
await new SimulatedAgent(new Uri(args[0]), args[1], args[2], TimeSpan.FromMilliseconds(int.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture)))
    .RunAsync();
