import { describeSandbox } from "@retake/testkit";
import { openBubblewrapHarness, testedWay } from "./bubblewrap-harness.ts";

describeSandbox("bubblewrap", () => openBubblewrapHarness(), testedWay.refuses);
