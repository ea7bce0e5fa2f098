export { cloneFile } from "./clone-file.ts";
export { closeOnExecFrom } from "./close-on-exec.ts";
export { enterNetworkNamespace, leaveNetworkNamespace } from "./enter-network-namespace.ts";
export {
	getExtendedAttribute,
	listExtendedAttributes,
	removeExtendedAttribute,
	setExtendedAttribute,
} from "./extended-attributes.ts";
export { type FileExtent, fileExtents } from "./file-extents.ts";
export { type FileKind, type FileStatus, fileStatus, fileStatusAt } from "./file-status.ts";
export { limitProcesses } from "./limit-processes.ts";
export { lockHolder } from "./lock-holder.ts";
export { makeDirectoryAt, makeLinkAt, makeNodeAt, makeSymlinkAt } from "./make-at.ts";
export { changeModeAt, changeOwnerAt } from "./mode-and-owner.ts";
export { setModifiedTimeAt } from "./modified-time.ts";
export {
	MS_BIND,
	MS_NODEV,
	MS_NOSUID,
	MS_REMOUNT,
	MS_SHARED,
	mountFileSystem,
	unmountFileSystem,
} from "./mount.ts";
export type { NameBytes } from "./name-bytes.ts";
export { isLinux } from "./native-library.ts";
export {
	AT_FDCWD,
	O_PATH,
	type OpenHow,
	openAt,
	openBeneath,
	RESOLVE_BENEATH,
	RESOLVE_IN_ROOT,
	RESOLVE_NO_MAGICLINKS,
	RESOLVE_NO_SYMLINKS,
	RESOLVE_NO_XDEV,
} from "./open-at.ts";
export { OpenDescriptor } from "./open-descriptor.ts";
export { openPipe, type PipeEnds } from "./open-pipe.ts";
export { openTerminal, resizeTerminal, type TerminalEnds, type TerminalSize } from "./open-terminal.ts";
export { readLinkAt } from "./read-link-at.ts";
export { exchangeAt, renameAt, renameNoReplaceAt } from "./rename-at.ts";
export { type ProgramEnd, type ProgramStart, reapProgram, startProgram } from "./start-program.ts";
export { syncFileSystem } from "./sync-file-system.ts";
export { isSystemCallError, SystemCallError } from "./system-call-error.ts";
export { tryLockExclusive, tryLockShared } from "./try-lock.ts";
export { removeDirectoryAt, unlinkAt } from "./unlink-at.ts";
