import { RetakeError } from "@retake/base";
import { isSystemCallError } from "@retake/linux";

/** Turns a failed write for want of space or quota into `DISK_FULL`; returns any other error as it is. */
export function asDiskFull(error: unknown): unknown {
	if (!isSystemCallError(error, "ENOSPC", "EDQUOT")) return error;
	return new RetakeError("DISK_FULL", "no space is left for the layer", {
		cause: error,
		remedy: "raise the limits diskBytes or inodes, or free space on the disk that holds the store",
	});
}
