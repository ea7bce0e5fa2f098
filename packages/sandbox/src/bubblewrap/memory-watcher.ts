import { type NamespaceMemory, sumOf } from "./namespace-memory.ts";
