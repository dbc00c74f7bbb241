namespace Wobble.Runner.Tests;
