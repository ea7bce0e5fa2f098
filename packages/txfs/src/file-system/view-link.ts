import { Link, type Node } from "@jsonjoy.com/fs-core";
import { assert } from "@retake/base";
import { LazyChildren } from "./lazy-children.ts";
import { childOf } from "./node-source.ts";
import type { ViewNode } from "./view-node.ts";
import type { ViewSuperblock } from "./view-superblock.ts";

/** A name in a directory of a view. Its directory is read from its source when somebody first looks into it. */
export class ViewLink extends Link {
	/** Whether anything in or beneath the directory has changed since its source was read. */
	isChanged = false;
	/** Whether no changeset takes it, nor what is beneath it. */
	isScratch = false;
	readonly #superblock: ViewSuperblock;

	constructor(superblock: ViewSuperblock, parent: ViewLink | undefined, name: string) {
		super(superblock, parent, name);
		this.#superblock = superblock;
	}

	/** Makes a link that reads its children from its node's origin. */
	static from(superblock: ViewSuperblock, parent: ViewLink | undefined, name: string, node: ViewNode): ViewLink {
		const link = new ViewLink(superblock, parent, name);
		link.setNode(node);
		if (!node.isDirectory()) return link;
		link.#expectChildren();
		return link;
	}

	get viewNode(): ViewNode {
		return this.node as ViewNode;
	}

	/** The directory's children; none for anything else. */
	get directory(): LazyChildren | null {
		return this.children instanceof LazyChildren ? this.children : null;
	}

	/** Whether the directory holds anything. */
	get isFilled(): boolean {
		// All but `.` and `..`.
		return this.children.size > 2;
	}

	/** Tells whether the directory is another or lies in it. */
	isWithin(other: ViewLink): boolean {
		if (this === other) return true;
		return this.parent !== undefined && (this.parent as ViewLink).isWithin(other);
	}

	/** Yields all children, each made. */
	*members(): Generator<ViewLink> {
		for (const [name, link] of this.children) if (name !== "." && name !== "..") yield link as ViewLink;
	}

	/** Yields the children that somebody has asked for. */
	*made(): Generator<ViewLink> {
		for (const link of this.directory?.made() ?? []) yield link as ViewLink;
	}

	/** Notes that something in the directory, or its own node, changed. */
	markChanged(): void {
		let link: ViewLink | undefined = this;
		while (link !== undefined && !link.isChanged && !link.isScratch) {
			link.isChanged = true;
			link = link.parent as ViewLink | undefined;
		}
	}

	override setNode(node: Node): void {
		super.setNode(node);
		(node as ViewNode).links.add(this);
	}

	override createChild(name: string, node: Node = this.vol.createNode(0o100666)): Link {
		const child = ViewLink.from(this.#superblock, this, name, node as ViewNode);
		this.setChild(name, child);
		return child;
	}

	override setChild(name: string, link: Link = this.createChild(name)): Link {
		super.setChild(name, link);
		const isScratch = this.#superblock.isScratch(this, name);
		(link as ViewLink).isScratch = isScratch;
		if (!isScratch) this.markChanged();
		return link;
	}

	override deleteChild(link: Link): void {
		super.deleteChild(link);
		if (!(link as ViewLink).isScratch) this.markChanged();
	}

	override getName(): string {
		return this.name;
	}

	/** The names from the root down: asked rarely, and then true wherever a directory above has been moved to. */
	override get steps(): string[] {
		return this.parent === undefined ? [this.name] : [...this.parent.steps, this.name];
	}

	override set steps(_: string[]) {}

	/** Forgets the children, but for scratch: they are read from the node's origin again. */
	forget(): void {
		const scratch = [...this.made()].filter((link) => link.isScratch);
		this.isChanged = false;
		this.#expectChildren();
		for (const link of scratch) this.children.set(link.name, link);
	}

	#expectChildren(): void {
		const node = this.viewNode;
		this.children = new LazyChildren({
			entries: () => {
				const { origin } = node;
				const entries = origin?.source.entries(origin.path) ?? [];
				return entries.filter(({ name }) => !this.#superblock.isScratch(this, name));
			},
			make: (name, kind) => {
				const { origin } = node;
				assert(origin !== null, "what was listed has an origin");
				const child = this.#superblock.nodeFrom(kind, { source: origin.source, path: childOf(origin.path, name) });
				return ViewLink.from(this.#superblock, this, name, child);
			},
		});
		this.children.set(".", this);
		this.children.set("..", this.parent ?? this);
	}
}
