import type { Brand } from "@retake/base";

/**
 * A path inside a tree: components joined by `/`, relative, no `.` or `..`, never empty. Names are bytes: a byte that is
 * not part of valid UTF-8 is held as the lone surrogate U+DC00 + byte, as Python's PEP 383 does, so that every name
 * of the kernel's has exactly one spelling here and back.
 */
export type TreePath = Brand<string, "TreePath">;
