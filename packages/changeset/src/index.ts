export { attributesAt } from "./attributes/attributes-at.ts";
export { type AttributedChanges, composeAttributes } from "./attributes/compose-attributes.ts";
export { createAttributes, emptyAttributes, type GroupedAttributes } from "./attributes/create-attributes.ts";
export { decodeAttributes } from "./attributes/decode-attributes.ts";
export { attributesVersion, encodeAttributes } from "./attributes/encode-attributes.ts";
export { isKeptAttribute } from "./attributes/kept-attribute.ts";
export type {
	DataExtent,
	ExtendedAttribute,
	NodeAttributes,
	PathAttributes,
	TreeAttributes,
} from "./attributes/tree-attributes.ts";
export { type BlobPiece, PiecePacker, pieceBytesMax, unpackPiece } from "./blob-piece.ts";
export type { BlobReader, BlobReceiver, Blobs, BlobWriter } from "./blobs.ts";
export { decodeCanonical } from "./canonical/decode-canonical.ts";
export { encodeCanonical } from "./canonical/encode-canonical.ts";
export { hashCanonical } from "./canonical/hash-canonical.ts";
export { canonicalBytesMax, canonicalDepthMax, requireCanonical } from "./canonical/normalise.ts";
export type { CanonicalValue } from "./canonical-value.ts";
export type { Change, Changeset } from "./changeset.ts";
export { decodeChangeset } from "./codec/decode-changeset.ts";
export { changesetId, changesetVersion, encodeChangeset } from "./codec/encode-changeset.ts";
export { compose } from "./compose.ts";
export { createChangeset, emptyChangeset } from "./create-changeset.ts";
export { evenChunks } from "./even-chunks.ts";
export { invert } from "./invert.ts";
export { createMemoryBlobs } from "./memory-blobs.ts";
export { conflictMarkers, conflictRegions } from "./merge/conflict-markers.ts";
export { type Conflict, type ConflictReason, findConflicts } from "./merge/find-conflicts.ts";
export { mergeStepsMax } from "./merge/line-edits.ts";
export { type MergeOptions, type MergeResult, mergeChangesets } from "./merge/merge-changesets.ts";
export type { MergeConflict, MergeConflictKind } from "./merge/merge-conflict.ts";
export { type MergeRegion, mergeFileBytesMax } from "./merge/merge-text.ts";
export { applyDelta } from "./patch/apply-delta.ts";
export { type ApplyPatchOptions, applyPatch } from "./patch/apply-patch.ts";
export { editLengthMax } from "./patch/edit-script.ts";
export {
	type Moves,
	moveFileBytesMax,
	movePairsMax,
	moveSimilarityMin,
	moveStepsMax,
} from "./patch/find-moves.ts";
export { deltaBytesMax } from "./patch/format-binary.ts";
export {
	type FormatPatchOptions,
	formatPatch,
	patchChunks,
	textPatchBytesMax,
	textPatchLinesMax,
} from "./patch/format-patch.ts";
export { parsePatch } from "./patch/parse-patch.ts";
export type { PatchConflictData, PatchInvalidData } from "./patch/patch-error.ts";
export type {
	BinaryPayload,
	CreatedFile,
	DeletedFile,
	Hunk,
	HunkLine,
	ModifiedFile,
	MovedFile,
	Patch,
	PatchContent,
	PatchFile,
	PatchMode,
} from "./patch/patch-file.ts";
export { defaultPatchLimits, type PatchLimits } from "./patch/patch-limits.ts";
export { comparePaths } from "./path/compare-paths.ts";
export { ancestorsOf, baseName, joinPath, parentOf } from "./path/path-parts.ts";
export { printablePath } from "./path/printable-path.ts";
export { rawTextFromBytes, rawTextToBytes } from "./path/raw-text.ts";
export { refuseProtected } from "./path/refuse-protected.ts";
export { readSpeltPath, spellPath } from "./path/spelt-path.ts";
export { treePath, treePathFromBytes, treePathToBytes } from "./path/tree-path-text.ts";
export { findRisks, type Risk } from "./risk/find-risks.ts";
export type { RiskKind } from "./risk/risky-names.ts";
export { applyToTree } from "./tree/apply-to-tree.ts";
export { diffTrees } from "./tree/diff-trees.ts";
export { createMemoryTree, type MemoryTree } from "./tree/memory-tree.ts";
export { readFile } from "./tree/read-file.ts";
export { sameNode } from "./tree/same-node.ts";
export { type TreePlace, walkTree } from "./tree/walk-tree.ts";
export type { DirectoryNode, FileNode, SymlinkNode, TreeNode } from "./tree-node.ts";
export type { TreePath } from "./tree-path.ts";
export type { TreeEntry, TreeReader } from "./tree-reader.ts";
