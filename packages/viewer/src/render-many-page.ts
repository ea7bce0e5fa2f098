import type { PageCall, RowClass } from "./diff-page.ts";
import { type Html, html } from "./html.ts";
import type { ManyPage, ManyPageCell, ManyPageRow, ManyPageRun } from "./many-page.ts";
import { renderBar } from "./render-bar.ts";
import { renderDetail } from "./render-detail.ts";
import { renderDocument } from "./render-document.ts";
import { renderFooter } from "./render-footer.ts";
import { causeWords, classWords, renderSide } from "./render-row.ts";
import { renderRun } from "./render-run.ts";

/** Renders several runs, each compared with the first, as one HTML document: self-contained, inert, readable without a program. */
export function renderManyPage(page: ManyPage): string {
	const { first, others, rows, rowsLeftOut, detailsLeftOut, command } = page;
	const counts = countRows(rows);
	return renderDocument(
		`${first.title} ↔ ${others.map(({ run }) => run.title).join(", ")}`,
		html`<header>
<h1>${others.length + 1} runs, call by call</h1>
<div class="runs many">${renderRun("a", first)}${others.map(({ letter, run }) => renderRun(letter, run))}</div>
${others.map((other) => renderVerdict(other, rows))}
${renderStrip(rows)}
</header>
<main>
${renderBar(counts)}
<div id="rows">
${rows.map(renderManyRow)}</div>
${rowsLeftOut === 0 ? null : html`<p class="quiet">… ${rowsLeftOut} more rows are not on this page: it would be too large.</p>`}
${detailsLeftOut === 0 ? null : html`<p class="quiet">${detailsLeftOut} comparisons stand without what they differ in: the page would be too large.</p>`}
</main>
${renderFooter(command)}`,
	);
}

/** Counts comparisons by class, what is folded too. */
function countRows(rows: readonly ManyPageRow[]): Record<RowClass, number> {
	const counts = { same: 0, "result-changed": 0, "input-changed": 0, moved: 0, inserted: 0, deleted: 0 };
	for (const row of rows) {
		if (row.kind === "fold") counts.same += row.count;
		else for (const kind of new Set(row.cells.map((cell) => cell.kind))) if (kind !== null) counts[kind]++;
	}
	return counts;
}

function renderVerdict({ letter, divergence, hiddenDifferences }: ManyPageRun, rows: readonly ManyPageRow[]): Html {
	const hidden =
		hiddenDifferences === 0
			? null
			: html` <span class="quiet">(${hiddenDifferences} differences are left out of account)</span>`;
	if (divergence === null) {
		return html`<div class="verdict equal"><p><span class="letter">${letter}</span><b>is the same</b> as a${hidden}</p></div>
`;
	}
	const { address, kind, cause } = divergence;
	const index = rows.findIndex(
		(row) => row.kind === "call" && row.cells.some((cell) => cell.letter === letter && cell.isFirstDivergence),
	);
	return html`<div class="verdict"><p><span class="letter">${letter}</span>parts from a at <a href="#row-${index}"><code>${address}</code></a>: ${classWords[kind]}, by ${causeWords[cause]}${hidden}</p></div>
`;
}

/** One cell a row, so that where the runs differ is seen before a word is read. */
function renderStrip(rows: readonly ManyPageRow[]): Html {
	const cells = rows.map((row, index) => {
		if (row.kind === "fold") return html`<span title="${row.count} calls that are the same in all"></span>`;
		const kinds = kindsOf(row.cells);
		const words = row.cells
			.map((cell) => `${cell.letter} ${cell.kind === null ? "nothing" : classWords[cell.kind]}`)
			.join(", ");
		const first = row.cells.some((cell) => cell.isFirstDivergence) ? " first" : "";
		return html`<a class="${kinds[0] ?? "same"}${first}" href="#row-${index}" title="${words}" aria-label="${words}"></a>`;
	});
	return html`<nav class="strip" aria-label="All rows">${cells}</nav>`;
}

/** Names the classes of a row; what differs comes first. */
function kindsOf(cells: readonly ManyPageCell[]): RowClass[] {
	const kinds = new Set(cells.flatMap(({ kind }) => (kind === null ? [] : [kind])));
	return [...kinds].toSorted((a, b) => Number(a === "same") - Number(b === "same"));
}

function renderManyRow(row: ManyPageRow, index: number): Html {
	if (row.kind === "fold") {
		return html`<div class="fold" data-kind="fold" id="row-${index}">= ${row.count} calls that are the same in all, ${row.first} to ${row.last}</div>
`;
	}
	const kinds = kindsOf(row.cells);
	const firsts = row.cells.filter((cell) => cell.isFirstDivergence).map(({ letter }) => letter);
	const parts =
		firsts.length === 0
			? null
			: html`<small>${firsts.join(", ")} ${firsts.length === 1 ? "parts" : "part"} here</small>`;
	const marks = row.cells.map(
		({ letter, kind }) =>
			html`<span class="mark ${kind ?? "none"}">${letter} ${kind === null ? "·" : classWords[kind]}</span>`,
	);
	const head = html`<span class="kind">${parts}</span>${row.isOfFirst ? renderSide("a", row.call) : renderAdded(row.call)}<span class="marks">${marks}</span>`;
	const names = `row many ${kinds[0] ?? "same"}${firsts.length === 0 ? "" : " first"}`;
	const differing = row.cells.filter(({ kind }) => kind !== null && kind !== "same");
	if (differing.length === 0) {
		return html`<div class="${names} plain" data-kind="${kinds.join(" ")}" id="row-${index}">${head}</div>
`;
	}
	return html`<details class="${names}" data-kind="${kinds.join(" ")}" id="row-${index}"${firsts.length === 0 ? null : html` open`}><summary>${head}</summary><div class="details">${differing.map(renderCell)}</div></details>
`;
}

/** A call that the first run did not make is told by those that did. */
function renderAdded({ tool, input }: PageCall): Html {
	return html`<span class="side"><span class="what mono"><b>${tool}</b>${input}</span><span class="how nothing">not in a</span></span>`;
}

function renderCell({ letter, kind, call, details }: ManyPageCell): Html {
	return html`<section class="cell ${kind ?? "none"}"><h3><span class="kind">${kind === null ? "" : classWords[kind]}</span></h3>${renderSide(letter, call)}${details.map(renderDetail)}</section>
`;
}
