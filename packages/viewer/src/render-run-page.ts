import { type Html, html } from "./html.ts";
import { renderChip, renderSearchBar } from "./render-bar.ts";
import { renderDocument } from "./render-document.ts";
import { renderFooter } from "./render-footer.ts";
import { renderRun } from "./render-run.ts";
import type { CallStatus, RunPage, RunPagePart, RunPageRow } from "./run-page.ts";

/** What a status is called; a sign stands before it, so that colour is never all that says it. */
const statusWords: Readonly<Record<CallStatus, string>> = {
	ok: "✓ ok",
	failed: "✗ failed",
	cancelled: "⊘ cancelled",
	"in-flight": "… in flight",
};

/** Renders one run as one HTML document: self-contained, inert, readable without a program. */
export function renderRunPage({ run, facts, counts, rows, rowsLeftOut, detailsLeftOut, command }: RunPage): string {
	const statuses = (Object.keys(statusWords) as CallStatus[]).filter((status) => counts[status] > 0);
	return renderDocument(
		run.title,
		html`<header>
<h1>A run, call by call</h1>
<div class="runs many">${renderRun("", run)}<section class="run"><dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd title="${value}">${value}</dd>`)}</dl></section></div>
<nav class="strip" aria-label="All calls">${rows.map(renderStripCell)}</nav>
</header>
<main>
${renderSearchBar(statuses.map((status) => renderChip(status, `${statusWords[status]} ${counts[status]}`, false)))}
<div id="rows">
${rows.map(renderCallRow)}</div>
${rowsLeftOut === 0 ? null : html`<p class="quiet">… ${rowsLeftOut} more calls are not on this page: it would be too large.</p>`}
${detailsLeftOut === 0 ? null : html`<p class="quiet">${detailsLeftOut} calls stand without input and result: the page would be too large.</p>`}
</main>
${renderFooter(command)}`,
	);
}

function renderStripCell({ call, status }: RunPageRow, index: number): Html {
	const words = `${call.address} ${call.tool}: ${call.outcome}`;
	return html`<a class="${status}" href="#row-${index}" title="${words}" aria-label="${words}"></a>`;
}

function renderCallRow(row: RunPageRow, index: number): Html {
	const { call, status, lanes, parts } = row;
	const changed = call.changed === 0 ? "" : ` · ${call.changed} ${call.changed === 1 ? "path" : "paths"} changed`;
	const head = html`<span class="kind">${statusWords[status]}${lanes === "" ? null : html`<small class="mono">${lanes}</small>`}</span><span class="side"><span class="what mono"><b>${call.tool}</b>${call.input}</span><span class="how">${call.address} · <span class="${call.isWell ? "good" : "bad"}">${call.outcome}</span>${call.duration === "" ? null : ` · ${call.duration}`}${changed}</span></span>${renderTime(row)}`;
	if (parts.length === 0) {
		return html`<div class="row call ${status} plain" data-kind="${status}" id="row-${index}">${head}</div>
`;
	}
	return html`<details class="row call ${status}${status === "failed" ? " first" : ""}" data-kind="${status}" id="row-${index}"><summary>${head}</summary><div class="details">${parts.map(renderPart)}</div></details>
`;
}

/** When a call began and how long it took, within the run: drawn as an image of its own, since a page may carry no style of a row. */
function renderTime({ begin, length, startedAfter }: RunPageRow): Html {
	const [x, width] = [Math.round(begin * 1000), Math.max(4, Math.round(length * 1000))];
	return html`<span class="time" title="began ${startedAfter} after the run did"><svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="began ${startedAfter} after the run did"><rect x="${x}" y="0" width="${width}" height="10"></rect></svg><span class="how">+${startedAfter}</span></span>`;
}

function renderPart({ name, lines, leftOut }: RunPagePart): Html {
	return html`<section class="detail"><h3><code>${name}</code></h3><div class="hunk" tabindex="0"><pre>${lines.join("\n")}</pre></div>${leftOut === 0 ? null : html`<p class="quiet">… ${leftOut} more lines</p>`}</section>
`;
}
