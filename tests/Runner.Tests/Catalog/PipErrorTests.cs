using Wobble.Runner.Catalog;

namespace Wobble.Runner.Tests.Catalog;

public sealed class PipErrorTests
{
    private const string Retrying = "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<HTTPSConnection>: Failed to establish a new connection: ";
    private const string NoVersion = "ERROR: Could not find a version that satisfies the requirement meinheld==1.0.2 (from versions: none)\nERROR: No matching distribution found for meinheld==1.0.2";

    [Theory]
    [InlineData(Retrying + "[Errno -2] Name or service not known')': /simple/meinheld/\n" + NoVersion, "pip can't reach its package index for meinheld==1.0.2 (Name or service not known)")]
    [InlineData(Retrying + "[Errno 111] Connection refused')': /simple/meinheld/\n" + NoVersion, "pip can't reach its package index for meinheld==1.0.2 (Connection refused)")]
    [InlineData("Looking in indexes: https://user:secret@index.example/simple\n" + NoVersion, "pip finds no meinheld==1.0.2 where it looks (https://index.example/simple)")]
    [InlineData("ERROR: Could not find a version that satisfies the requirement meinheld==1.0.2 (from versions: 0.6.1, 1.0.1)", "pip finds no meinheld==1.0.2, only 0.6.1, 1.0.1")]
    [InlineData("ERROR: HTTP error 403 while getting https://index.example/meinheld.tar.gz\nERROR: Could not install requirement meinheld", "pip can't reach its package index (it answers 403)")]
    [InlineData("  server.c:12:10: fatal error: Python.h: No such file or directory\n  error: command 'gcc' failed with exit code 1\n  ERROR: Failed building wheel for meinheld\nFailed to build meinheld", "meinheld can't be built (server.c:12:10: fatal error: Python.h: No such file or directory)")]
    [InlineData("  error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory\n  ERROR: Failed building wheel for meinheld", "meinheld can't be built (error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory)")]
    [InlineData("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full")]
    [InlineData("/usr/bin/python3: No module named pip", "Debian's python3-pip is missing: apt-get install python3-pip")]
    [InlineData("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "pip failed: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.")]
    [InlineData("Segmentation fault", "pip failed with exit code 1 (Segmentation fault)")]
    public void What_pip_says_becomes_one_clause(string output, string reason) =>
        Assert.Equal(reason, PipErrors.Of(new ShortProcessResult(1, false, output), TimeSpan.FromSeconds(20)));

    [Theory]
    [InlineData("", "pip took longer than 20 s")]
    [InlineData(Retrying + "timed out", "pip took longer than 20 s (timed out)")]
    public void A_time_limit_says_what_pip_was_waiting_for(string output, string reason) =>
        Assert.Equal(reason, PipErrors.Of(new ShortProcessResult(137, true, output), TimeSpan.FromSeconds(20)));

    [Fact]
    public void A_virtual_environment_that_cannot_be_made_says_which_package_is_missing() =>
        Assert.Equal("Debian's python3-venv is missing: apt-get install python3-venv", PipErrors.OfVenv(new ShortProcessResult(1, false, "The virtual environment was not created successfully because ensurepip is not available.")));
}
