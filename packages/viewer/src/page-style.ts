/** The style sheet of a page: one column on a narrow screen, dark where the reader's system is. */
export const pageStyle = `
:root { color-scheme: light dark;
	--page: light-dark(#f6f7f9, #14161a); --card: light-dark(#ffffff, #1c1f25); --edge: light-dark(#d9dde3, #333841);
	--text: light-dark(#1b1f24, #e4e7eb); --quiet: light-dark(#596270, #9aa4b1); --link: light-dark(#0a55c4, #7db4ff);
	--changed: light-dark(#8a5a00, #e8b339); --changed-bg: light-dark(#fff4d6, #3a2f12);
	--removed: light-dark(#b3261e, #ff8a80); --removed-bg: light-dark(#fdeae8, #3d1b1a);
	--added: light-dark(#1a6f33, #6fd58c); --added-bg: light-dark(#e4f6e8, #16351f);
	--moved: light-dark(#5b3fb8, #b8a2ff); --moved-bg: light-dark(#efeafd, #2a2148); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
code, pre, .mono { font: 13px/1.45 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
main, header { max-width: 1360px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 20px; }
h1 { font-size: 20px; margin: 0 0 12px; } h2 { font-size: 16px; margin: 28px 0 8px; }
a { color: var(--link); } a:focus-visible, summary:focus-visible, button:focus-visible, input:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.runs, .sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 12px; }
.run, .verdict, .row > summary, .row.plain, .fold, .tree { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; }
.run { padding: 12px 14px; } .run b { overflow-wrap: anywhere; } .run dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 10px; margin: 6px 0 0; color: var(--quiet); font-size: 13px; }
.run dd { margin: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .letter { display: inline-block; min-width: 22px; text-align: center; border-radius: 4px; border: 1px solid var(--edge); margin-right: 6px; font-weight: 600; }
.bad { color: var(--removed); } .good { color: var(--added); } .quiet { color: var(--quiet); }
.verdict { margin: 12px 0; padding: 12px 14px; border-left: 5px solid var(--changed); } .verdict.equal { border-left-color: var(--added); } .verdict p { margin: 2px 0; }
.strip { display: flex; height: 22px; border-radius: 6px; overflow: hidden; border: 1px solid var(--edge); background: var(--card); margin: 12px 0; }
.strip a { flex: 1 1 0; min-width: 2px; } .strip span { flex: var(--weight, 1) 1 0; min-width: 6px; background: var(--card); }
.strip a.first { box-shadow: inset 0 0 0 2px var(--text); }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; position: sticky; top: 0; z-index: 1; background: var(--page); padding: 10px 0; }
.chip { border: 1px solid var(--edge); border-radius: 999px; background: var(--card); color: var(--text); padding: 2px 10px; font: inherit; font-size: 13px; }
button.chip { cursor: pointer; } button.chip[aria-pressed="false"] { opacity: .5; text-decoration: line-through; }
.bar input { flex: 1 1 160px; min-width: 120px; font: inherit; font-size: 14px; padding: 3px 10px; border: 1px solid var(--edge); border-radius: 6px; background: var(--card); color: var(--text); }
.needs-script { display: none; } .scripted .needs-script { display: revert; }
.row, .fold { margin: 6px 0; } .row > summary, .row.plain { list-style: none; display: grid; grid-template-columns: 156px minmax(0, 1fr) minmax(0, 1fr); gap: 12px; padding: 7px 12px; border-left: 5px solid var(--mark, var(--edge)); }
.row > summary { cursor: pointer; } .row > summary::-webkit-details-marker { display: none; } .row > summary .kind::before { content: "▸ "; color: var(--quiet); } .row[open] > summary .kind::before { content: "▾ "; }
.kind { color: var(--mark, var(--quiet)); font-size: 13px; font-weight: 600; } .kind small { display: block; color: var(--text); font-weight: 600; }
.side { min-width: 0; } .side .what, .side .how { display: block; } .side .what { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .side .what b { margin-right: 6px; } .side .how { font-size: 12px; color: var(--quiet); } .nothing { color: var(--quiet); font-style: italic; font-size: 13px; }
.same { --mark: var(--edge); } .same .kind { color: var(--quiet); } .result-changed, .input-changed { --mark: var(--changed); --tint: var(--changed-bg); } .moved { --mark: var(--moved); --tint: var(--moved-bg); } .inserted { --mark: var(--added); --tint: var(--added-bg); } .deleted { --mark: var(--removed); --tint: var(--removed-bg); }
.strip .result-changed, .strip .input-changed, .strip .moved, .strip .inserted, .strip .deleted { background: var(--mark); } .strip .result-changed, .strip .input-changed { background: light-dark(#e5a50a, #e8b339); } .strip .same { background: var(--edge); }
.row:target > summary { outline: 2px solid var(--link); } .first > summary, .first.plain { background: var(--tint); }
.runs.many { grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); } .row.many > summary, .row.many.plain { grid-template-columns: 116px minmax(0, 1fr) minmax(0, 1fr); } .marks { display: flex; flex-wrap: wrap; gap: 4px; align-content: flex-start; } .mark { border: 1px solid var(--mark, var(--edge)); color: var(--mark, var(--quiet)); background: var(--tint, transparent); border-radius: 999px; padding: 0 8px; font-size: 12px; white-space: nowrap; } .mark.same, .mark.none { color: var(--quiet); background: transparent; }
.row.call > summary, .row.call.plain { grid-template-columns: 116px minmax(0, 3fr) minmax(0, 1fr); } .row.call .kind small { letter-spacing: 2px; font-weight: 400; } .time svg { display: block; width: 100%; height: 8px; margin-top: 6px; background: var(--edge); border-radius: 4px; } .time rect { fill: var(--link); } .time .how { font-size: 12px; color: var(--quiet); } .hunk pre { margin: 0; padding: 6px 10px; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
.ok { --mark: var(--added); } .failed { --mark: var(--removed); --tint: var(--removed-bg); } .cancelled, .in-flight { --mark: var(--changed); --tint: var(--changed-bg); } .strip .ok { background: var(--edge); } .strip .failed, .strip .cancelled, .strip .in-flight { background: var(--mark); }
.cell { margin: 8px 0 12px; padding-left: 10px; border-left: 3px solid var(--mark, var(--edge)); } .cell h3 { margin: 0; font-size: 13px; }
.fold { padding: 5px 12px; color: var(--quiet); font-size: 13px; border-style: dashed; }
.details { padding: 4px 0 10px 20px; } .tree { padding: 4px 14px 10px; } .detail { margin: 10px 0 0; } .detail h3 { font-size: 13px; margin: 0 0 4px; font-weight: 600; overflow-wrap: anywhere; } .detail h3 span { color: var(--quiet); font-weight: 400; }
.hunk { margin: 0 0 6px; border: 1px solid var(--edge); border-radius: 6px; background: var(--card); overflow-x: auto; } .hunk table { border-collapse: collapse; min-width: 100%; } .hunk td { padding: 0 8px; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; } .hunk td.number { color: var(--quiet); text-align: right; user-select: none; width: 1%; white-space: nowrap; } .hunk td.sign { width: 1%; user-select: none; padding: 0; text-align: center; min-width: 16px; }
.hunk tr.removed { background: var(--removed-bg); } .hunk tr.added { background: var(--added-bg); } .hunk tr.removed .sign { color: var(--removed); } .hunk tr.added .sign { color: var(--added); }
footer { max-width: 1360px; margin: 24px auto; padding: 0 20px 30px; color: var(--quiet); font-size: 13px; overflow-wrap: anywhere; } kbd { border: 1px solid var(--edge); border-radius: 4px; padding: 0 5px; background: var(--card); font: inherit; }
[hidden] { display: none !important; }
@media (max-width: 720px) { main, header { padding-left: 12px; padding-right: 12px; } .runs { grid-template-columns: minmax(0, 1fr); } .row > summary, .row.plain, .row.many > summary, .row.many.plain, .row.call > summary, .row.call.plain { grid-template-columns: minmax(0, 1fr); gap: 4px; } .kind small { display: inline; margin-left: 8px; } .side + .side { border-top: 1px dashed var(--edge); padding-top: 3px; } .details { padding-left: 4px; } .bar { position: static; } .side .what { white-space: normal; display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow-wrap: anywhere; } }
@media print { .bar, .strip { display: none; } }
`;
