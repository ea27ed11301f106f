using Bench.Data;

var connectionString = args.FirstOrDefault()
    ?? Environment.GetEnvironmentVariable("ConnectionStrings__Bench")
    ?? throw new InvalidOperationException("No database is named. Set ConnectionStrings__Bench or give the connection string as the argument.");
var applied = await SchemaUpgrade.ApplyAsync(connectionString);
Console.WriteLine(applied.Count == 0 ? "The schema is up to date." : $"Applied {string.Join(", ", applied)}.");
