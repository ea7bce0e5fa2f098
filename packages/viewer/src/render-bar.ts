import type { RowClass } from "./diff-page.ts";
import { type Html, html } from "./html.ts";
import { classWords } from "./render-row.ts";

const classes = ["same", "result-changed", "input-changed", "moved", "inserted", "deleted"] as const;

/** Renders the bar of a diff's page: a button for each class that there is, and the search. */
export function renderBar(counts: Readonly<Record<RowClass, number>>): Html {
	const chips = classes.map((kind) => renderChip(kind, `${classWords[kind]} ${counts[kind]}`, counts[kind] === 0));
	return renderSearchBar(chips);
}

/** Renders a button that shows and hides rows of one sort; a word where there are none. */
export function renderChip(kind: string, words: string, isEmpty: boolean): Html {
	return isEmpty
		? html`<span class="chip quiet">${words}</span>`
		: html`<button class="chip ${kind}" type="button" data-shows="${kind}" aria-pressed="true">${words}</button>`;
}

/** Renders buttons beside the search. */
export function renderSearchBar(chips: readonly Html[]): Html {
	return html`<div class="bar">${chips}<input class="needs-script" id="search" type="search" placeholder="Search tools, inputs, output" aria-label="Search"><button class="chip needs-script" id="unfold" type="button">Open all</button><span class="quiet needs-script" id="count" role="status"></span></div>`;
}
