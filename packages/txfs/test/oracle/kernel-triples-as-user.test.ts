import "../become-ordinary-user.ts";
import { describeKernelTriples } from "./describe-kernel-triples.ts";

describeKernelTriples("kernel's overlay of an ordinary user");
