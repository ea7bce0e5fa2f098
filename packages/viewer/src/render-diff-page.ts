import type { DiffPage, PageDivergence, PageRow } from "./diff-page.ts";
import { type Html, html } from "./html.ts";
import { renderBar } from "./render-bar.ts";
import { renderDetail } from "./render-detail.ts";
import { renderDocument } from "./render-document.ts";
import { renderFooter } from "./render-footer.ts";
import { causeWords, classWords, renderRow } from "./render-row.ts";
import { renderRun } from "./render-run.ts";

/** Renders the diff of two runs as one HTML document: self-contained, inert, readable without a program. */
export function renderDiffPage(page: DiffPage): string {
	const { a, b, divergence, rows, rowsLeftOut } = page;
	return renderDocument(
		`${a.title} ↔ ${b.title}`,
		html`<header>
<h1>Two runs, call by call</h1>
<div class="runs">${renderRun("a", a)}${renderRun("b", b)}</div>
${renderVerdict(page)}
${renderStrip(rows)}
</header>
<main>
${renderBar(page.counts)}
<div id="rows">
${rows.map(renderRow)}</div>
${rowsLeftOut === 0 ? null : html`<p class="quiet">… ${rowsLeftOut} more rows are not on this page: it would be too large.</p>`}
${page.detailsLeftOut === 0 ? null : html`<p class="quiet">${page.detailsLeftOut} rows stand without what they differ in: the page would be too large.</p>`}
${divergence === null ? null : renderTree(divergence)}
</main>
${renderFooter(page.command)}`,
	);
}

function renderVerdict({ divergence, hiddenDifferences, rows }: DiffPage): Html {
	const hidden =
		hiddenDifferences === 0
			? null
			: html`<p class="quiet">${hiddenDifferences} differences are left out of account by ignore rules</p>`;
	if (divergence === null) return html`<div class="verdict equal"><p><b>The runs are the same.</b></p>${hidden}</div>`;
	const { address, tool, kind, cause } = divergence;
	const index = rows.findIndex((row) => row.kind !== "fold" && row.isFirstDivergence);
	return html`<div class="verdict"><p><b>First divergence</b> at <a href="#row-${index}"><code>${address}</code></a>, <code>${tool}</code>: ${classWords[kind]}</p><p>Cause: ${causeWords[cause]}</p>${hidden}</div>`;
}

/** One cell a row, so that where the runs differ is seen before a word is read. */
function renderStrip(rows: readonly PageRow[]): Html {
	const cells = rows.map((row, index) => {
		if (row.kind === "fold") return html`<span title="${row.count} calls that are the same"></span>`;
		const first = row.isFirstDivergence ? " first" : "";
		const words = `${classWords[row.kind]}: ${(row.a ?? row.b)?.address ?? ""}`;
		return html`<a class="${row.kind}${first}" href="#row-${index}" title="${words}" aria-label="${words}"></a>`;
	});
	return html`<nav class="strip" aria-label="All rows">${cells}</nav>`;
}

function renderTree({ tree }: PageDivergence): Html {
	const { paths, leftOut } = tree;
	return html`<h2>Files where the runs part ways</h2>
<section class="tree">${paths.length === 0 ? html`<p class="quiet">Both trees were the same there, and stayed so.</p>` : paths.map(renderDetail)}${leftOut === 0 ? null : html`<p class="quiet">… ${leftOut} more paths</p>`}</section>`;
}
