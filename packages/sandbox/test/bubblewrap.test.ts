import { describeSandbox } from "@retake/testkit";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";

describeSandbox("bubblewrap", () => openBubblewrapHarness());
