import type { DiffPage, PageDivergence, PageRow, PageRun, RowClass } from "./diff-page.ts";
import { type Html, html } from "./html.ts";
import { renderDetail } from "./render-detail.ts";
import { renderDocument } from "./render-document.ts";
import { classWords, renderRow } from "./render-row.ts";

const classes = ["same", "result-changed", "input-changed", "moved", "inserted", "deleted"] as const;

const causes = {
	environment: "the environment: the same call gave another result",
	agent: "the agent: it made another call",
} as const;

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
${divergence === null ? null : renderTree(divergence)}
</main>
<footer><p class="needs-script">Keys: <kbd>j</kbd> <kbd>k</kbd> next and previous row, <kbd>Enter</kbd> open, <kbd>f</kbd> first divergence, <kbd>/</kbd> search</p>
<p>Made by <code>${page.command}</code></p></footer>`,
	);
}

function renderRun(letter: string, run: PageRun): Html {
	return html`<section class="run"><span class="letter">${letter}</span><b>${run.title}</b> <span class="${run.failed ? "bad" : "good"}">${run.verdict}</span>
<dl><dt>run</dt><dd class="mono">${run.runId}</dd><dt>started</dt><dd>${run.startedAt}</dd><dt>calls</dt><dd>${run.calls}</dd><dt>root</dt><dd class="mono" title="${run.rootHash}">${run.rootHash}</dd></dl></section>`;
}

function renderVerdict({ divergence, hiddenDifferences, rows }: DiffPage): Html {
	const hidden =
		hiddenDifferences === 0
			? null
			: html`<p class="quiet">${hiddenDifferences} differences are left out of account by ignore rules</p>`;
	if (divergence === null) return html`<div class="verdict equal"><p><b>The runs are the same.</b></p>${hidden}</div>`;
	const { address, tool, kind, cause } = divergence;
	const index = rows.findIndex((row) => row.kind !== "fold" && row.isFirstDivergence);
	return html`<div class="verdict"><p><b>First divergence</b> at <a href="#row-${index}"><code>${address}</code></a>, <code>${tool}</code>: ${classWords[kind]}</p><p>Cause: ${causes[cause]}</p>${hidden}</div>`;
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

function renderBar(counts: Readonly<Record<RowClass, number>>): Html {
	const chips = classes.map((kind) => {
		const words = `${classWords[kind]} ${counts[kind]}`;
		return counts[kind] === 0
			? html`<span class="chip quiet">${words}</span>`
			: html`<button class="chip ${kind}" type="button" data-shows="${kind}" aria-pressed="true">${words}</button>`;
	});
	return html`<div class="bar">${chips}<input class="needs-script" id="search" type="search" placeholder="Search tools, inputs, output" aria-label="Search"><button class="chip needs-script" id="unfold" type="button">Open all</button><span class="quiet needs-script" id="count" role="status"></span></div>`;
}

function renderTree({ tree }: PageDivergence): Html {
	const { paths, leftOut } = tree;
	return html`<h2>Files where the runs part ways</h2>
<section class="tree">${paths.length === 0 ? html`<p class="quiet">Both trees were the same there, and stayed so.</p>` : paths.map(renderDetail)}${leftOut === 0 ? null : html`<p class="quiet">… ${leftOut} more paths</p>`}</section>`;
}
