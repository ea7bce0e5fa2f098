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
export { renderDiffPage } from "./render-diff-page.ts";
