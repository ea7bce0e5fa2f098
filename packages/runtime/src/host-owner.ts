import type { TreeOwner } from "@retake/txfs";

/**
 * The user that owns snapshots and layers and that candidates run as, where Retake itself is root: a fixed id out of
 * the range that systemd keeps for dynamic users (61184–65519), which no account has.
 * Source: https://systemd.io/UIDS-GIDS/
 */
export const sandboxOwner: TreeOwner = { uid: 61184, gid: 61184 };

/** Returns the owner of snapshots and layers on this host: null where this process is an ordinary user already. */
export function hostOwner(): TreeOwner | null {
	return process.getuid?.() === 0 ? sandboxOwner : null;
}
