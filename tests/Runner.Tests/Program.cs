using Wobble.Runner.Tests;
using Wobble.Runner.Tests.Work;

// A Runner that a test of crashes started, to kill it …
if (RunnerProcess.Told is { } told) return await RunnerProcess.RunAsync(told);
// … or the tests. Threads of Runners that a test stopped while PostgreSQL was away (Hangfire's wait for it) must not keep the process.
int code = args.Any(a => a is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
Environment.Exit(code);
return code;
