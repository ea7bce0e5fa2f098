import type { Brand } from "./brand.ts";

/** SHA-256 of a file's bytes, 64 lower-case hexadecimal digits. */
export type BlobId = Brand<string, "BlobId">;

/** SHA-256 of a changeset's canonical encoding, 64 lower-case hexadecimal digits. */
export type ChangesetId = Brand<string, "ChangesetId">;

/** SHA-256 of a whole tree's manifest, 64 lower-case hexadecimal digits. Equal trees have equal ids. */
export type TreeId = Brand<string, "TreeId">;

/** Names one run: 16 characters of Crockford's base 32, lower case, the first of which sort by time. */
export type RunId = Brand<string, "RunId">;

/** SHA-256 over a run's log up to one event, 64 lower-case hexadecimal digits. */
export type ChainHash = Brand<string, "ChainHash">;

/** SHA-256 of a value's canonical encoding, 64 lower-case hexadecimal digits. */
export type ValueHash = Brand<string, "ValueHash">;
