using System.CommandLine;
using System.Globalization;
using Bench.Agent;
using Bench.Agent.Commands;

// Machine output must not depend on the locale.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var command = CommandTree.Create().Parse(args);
// A stopping agent gives its cell back to the server first; two seconds, the library's default, may be too few for that.
var exit = await command.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
// The library calls a wrong command line a failure like any other; scripts tell the two apart.
return command.Errors.Count > 0 ? ExitCode.Usage : exit;
