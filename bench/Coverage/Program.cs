using System.Globalization;
using Wobble.Bench.Coverage;

// Coverage, false alarms and power of Wobble's own methods on simulated experiments, beside the simulation by which they were chosen (in brackets).
// The target of an interval is the typical run, exp(E[ln x]). Exit code 1 when a figure is worse than its bracket by more than chance.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int experiments = args.Length > 0 ? int.Parse(args[0]) : 2_000;
double error = 196 * Math.Sqrt(0.95 * 0.05 / experiments);
Console.WriteLine($"{experiments:#,0} experiments a cell; Monte-Carlo error of 95% and of 5% ±{error:0.0}, of 50% ±{98 / Math.Sqrt(experiments):0.0}. In brackets: the first simulation, 2,000 experiments a cell.");

var beside = new Beside(experiments);
new Rounds(experiments, 10).Print(beside);
new Rounds(experiments, 30).Print(beside);
Rankings.Print(experiments, beside);
Seconds.Print(experiments, beside);
Searches.Print(experiments, beside);
Console.WriteLine($"\nOf {beside.Compared} figures {beside.Worse} are worse (!) than the first simulation's by more than chance (3.3 standard errors of the difference), {beside.Better} better (+)");
return beside.Worse == 0 ? 0 : 1;
