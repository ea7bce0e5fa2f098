const keptNamespace = "user.";
/** Where overlayfs writes down its own marks when an ordinary user mounts it: to take these over would forge them. */
const overlayNamespace = "user.overlay.";

/** Tells whether an extended attribute of this name is kept: `user.*` without `user.overlay.*`. All others are dropped. */
export function isKeptAttribute(name: string): boolean {
	return name.length > keptNamespace.length && name.startsWith(keptNamespace) && !name.startsWith(overlayNamespace);
}
