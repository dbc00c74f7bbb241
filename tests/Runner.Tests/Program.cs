using Wobble.Runner.Tests;
using Wobble.Runner.Tests.Work;

// A Runner that a test of crashes started, to kill it …
if (RunnerProcess.Told is { } told) return await RunnerProcess.RunAsync(told);
// … or the tests.
return args.Any(a => a is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
