/** What the page can do with a program, and reads well without: filters, search, keys. It touches no text of a run. */
export const pageScript = `
"use strict";
document.documentElement.classList.add("scripted");
const rows = [...document.querySelectorAll("[data-kind]")];
const chips = [...document.querySelectorAll("button.chip[data-shows]")];
const search = document.getElementById("search");
const count = document.getElementById("count");
function apply() {
	const off = new Set(chips.filter((chip) => chip.getAttribute("aria-pressed") === "false").map((chip) => chip.dataset.shows));
	const wanted = search.value.trim().toLowerCase();
	let shown = 0;
	for (const row of rows) {
		const isFold = row.dataset.kind === "fold";
		row.hidden = (isFold ? ["same"] : row.dataset.kind.split(" ")).every((kind) => off.has(kind)) || (wanted !== "" && (isFold || !row.textContent.toLowerCase().includes(wanted)));
		if (!row.hidden && !isFold) shown++;
	}
	count.textContent = shown + (shown === 1 ? " row" : " rows");
}
for (const chip of chips) chip.addEventListener("click", () => {
	chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") === "false"));
	apply();
});
search.addEventListener("input", apply);
document.getElementById("unfold").addEventListener("click", () => {
	const all = [...document.querySelectorAll("details.row")];
	const open = all.some((row) => !row.open);
	for (const row of all) row.open = open;
});
function step(by) {
	const stops = [...document.querySelectorAll("details.row:not([hidden]) > summary")];
	const at = stops.indexOf(document.activeElement);
	const next = stops[Math.min(stops.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : stops.length - 1) : at + by))];
	if (next !== undefined) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
}
document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	if (event.target === search) { if (event.key === "Escape") { search.value = ""; apply(); search.blur(); } return; }
	if (event.key === "j") step(1);
	else if (event.key === "k") step(-1);
	else if (event.key === "f") { const first = document.querySelector("details.first:not([hidden]) > summary"); if (first !== null) { first.parentElement.open = true; first.focus(); first.scrollIntoView({ block: "center" }); } }
	else if (event.key === "/") search.focus();
	else return;
	event.preventDefault();
});
function openTarget() {
	const target = document.getElementById(location.hash.slice(1));
	if (target !== null && target.tagName === "DETAILS") target.open = true;
}
window.addEventListener("hashchange", openTarget);
openTarget();
apply();
`;
