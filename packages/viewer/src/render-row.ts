import type { PageCall, PageRow, RowClass } from "./diff-page.ts";
import { type Html, html } from "./html.ts";
import { renderDetail } from "./render-detail.ts";

/** What a class is called; a sign stands before it, so that colour is never all that says it. */
export const classWords: Readonly<Record<RowClass, string>> = {
	same: "= same",
	"result-changed": "~ result changed",
	"input-changed": "≠ input changed",
	moved: "↕ moved",
	inserted: "+ inserted",
	deleted: "− deleted",
};

/** Whose doing a divergence was. */
export const causeWords = {
	environment: "the environment: the same call gave another result",
	agent: "the agent: it made another call",
} as const;

/** Renders one row: a call of each side, and folded below it what they differ in. Readable without a program. */
export function renderRow(row: PageRow, index: number): Html {
	if (row.kind === "fold") {
		return html`<div class="fold" data-kind="fold" id="row-${index}">= ${row.count} calls that are the same, ${row.first} to ${row.last}</div>
`;
	}
	const first = row.isFirstDivergence;
	const head = html`<span class="kind">${classWords[row.kind]}${first ? html`<small>first divergence</small>` : null}</span>${renderSide("a", row.a)}${renderSide("b", row.b)}`;
	const names = `row ${row.kind}${first ? " first" : ""}`;
	if (row.details.length === 0) {
		return html`<div class="${names} plain" data-kind="${row.kind}" id="row-${index}">${head}</div>
`;
	}
	const open = first ? html` open` : null;
	return html`<details class="${names}" data-kind="${row.kind}" id="row-${index}"${open}><summary>${head}</summary><div class="details">${row.details.map(renderDetail)}</div></details>
`;
}

/** Renders a call of one run; words where it has none. */
export function renderSide(letter: string, call: PageCall | null): Html {
	if (call === null) return html`<span class="side nothing">not in ${letter}</span>`;
	const changed = call.changed === 0 ? "" : ` · ${call.changed} ${call.changed === 1 ? "path" : "paths"} changed`;
	return html`<span class="side"><span class="what mono"><b>${call.tool}</b>${call.input}</span><span class="how">${letter} ${call.address} · <span class="${call.isWell ? "good" : "bad"}">${call.outcome}</span>${call.duration === "" ? null : ` · ${call.duration}`}${changed}</span></span>`;
}
