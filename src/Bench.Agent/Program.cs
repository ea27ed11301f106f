using System.Globalization;
using Bench.Agent.Commands;

// Machine output must not depend on the locale.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

return await CommandTree.Create().Parse(args).InvokeAsync();
