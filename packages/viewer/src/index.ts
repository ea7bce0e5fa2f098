export type {
	DiffPage,
	PageCall,
	PageDetail,
	PageDivergence,
	PageHunk,
	PageLine,
	PageRow,
	PageRun,
	PageTree,
	RowClass,
} from "./diff-page.ts";
export type { ManyPage, ManyPageCell, ManyPageRow, ManyPageRun } from "./many-page.ts";
export { renderDiffPage } from "./render-diff-page.ts";
export { renderManyPage } from "./render-many-page.ts";
export { renderRunPage } from "./render-run-page.ts";
export type { CallStatus, RunPage, RunPagePart, RunPageRow } from "./run-page.ts";
