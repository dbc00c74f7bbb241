using Wobble.Bench.Load;

// Everything that the load generator is measured by; each word has a script of its own beside this folder.
Console.OutputEncoding = System.Text.Encoding.UTF8;
string[] rest = args.Length > 1 ? args[1..] : [];
return args.FirstOrDefault() switch
{
    "generator" => Comparison.Run(rest),
    "exactness" => Exactness.Run(rest),
    "openloop" => OpenLoop.Run(rest),
    "starts" => Starts.Run(rest),
    "endurance" => Endurance.Run(rest),
    "connections" => Endurance.RunConnections(rest),
    "refused" => Refused.Run(),
    "fuzz" => Fuzzing.Run(rest),
    "own-code" => OwnCode.Run(rest),
    "beside-ab" => BesideAb.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("one of: generator exactness openloop starts endurance connections refused fuzz own-code beside-ab");
    return 2;
}
