using System.Globalization;
using Bench.Agent;
using Bench.Agent.Commands;

// Machine output must not depend on the locale.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var command = CommandTree.Create().Parse(args);
var exit = await command.InvokeAsync();
// The library calls a wrong command line a failure like any other; scripts tell the two apart.
return command.Errors.Count > 0 ? ExitCode.Usage : exit;
