const keptNamespace = "user.";
/** Where overlays write down their own marks when an ordinary user mounts them: to take these over would forge them. */
const overlayNamespaces = ["user.overlay.", "user.fuseoverlayfs."];

/** Tells whether an extended attribute of this name is kept: `user.*` without what overlays keep there. All others are dropped. */
export function isKeptAttribute(name: string): boolean {
	return (
		name.length > keptNamespace.length &&
		name.startsWith(keptNamespace) &&
		!overlayNamespaces.some((each) => name.startsWith(each))
	);
}
