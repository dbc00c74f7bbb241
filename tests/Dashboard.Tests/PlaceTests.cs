namespace Wobble.Dashboard.Tests;
