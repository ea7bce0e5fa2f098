import { needs } from "@retake/testkit";
import { describe } from "vitest";
import { describeKernelTriples } from "./describe-kernel-triples.ts";

describe("mounted by root", needs("root"), () => describeKernelTriples("kernel's overlay"));
