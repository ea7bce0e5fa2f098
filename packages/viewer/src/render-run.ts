import type { PageRun } from "./diff-page.ts";
import { type Html, html } from "./html.ts";

/** Renders what a run is: its title, verdict, id, start, calls and root hash. */
export function renderRun(letter: string, run: PageRun): Html {
	return html`<section class="run">${letter === "" ? null : html`<span class="letter">${letter}</span>`}<b>${run.title}</b> <span class="${run.failed ? "bad" : "good"}">${run.verdict}</span>
<dl><dt>run</dt><dd class="mono">${run.runId}</dd><dt>started</dt><dd>${run.startedAt}</dd><dt>calls</dt><dd>${run.calls}</dd><dt>root</dt><dd class="mono" title="${run.rootHash}">${run.rootHash}</dd></dl></section>`;
}
