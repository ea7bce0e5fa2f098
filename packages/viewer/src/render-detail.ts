import type { PageDetail, PageHunk, PageLine } from "./diff-page.ts";
import { type Html, html } from "./html.ts";

const signs = { context: " ", removed: "−", added: "+" } as const;

/** Renders what two calls differ in: a heading, then hunks with the line numbers of both sides. */
export function renderDetail({ name, note, hunks, leftOut }: PageDetail): Html {
	return html`<section class="detail"><h3><code>${name}</code>${note === "" ? null : html` <span>${note}</span>`}</h3>
${hunks.map(renderHunk)}${leftOut === 0 ? null : html`<p class="quiet">… ${leftOut} more lines</p>`}</section>`;
}

function renderHunk({ wasLine, nowLine, lines }: PageHunk): Html {
	let was = wasLine;
	let now = nowLine;
	const rows = lines.map((line) => {
		const numbers = { was: line.kind === "added" ? null : was++, now: line.kind === "removed" ? null : now++ };
		return renderLine(line, numbers.was, numbers.now);
	});
	return html`<div class="hunk" tabindex="0"><table class="mono">${rows}</table></div>
`;
}

function renderLine({ kind, text }: PageLine, was: number | null, now: number | null): Html {
	return html`<tr class="${kind}"><td class="number">${was}</td><td class="number">${now}</td><td class="sign">${signs[kind]}</td><td>${text}</td></tr>
`;
}
