import { type Html, html } from "./html.ts";

/** Renders the end of a page: its keys, and the command that makes it again. */
export function renderFooter(command: string): Html {
	return html`<footer><p class="needs-script">Keys: <kbd>j</kbd> <kbd>k</kbd> next and previous row, <kbd>Enter</kbd> open, <kbd>f</kbd> first that is marked, <kbd>/</kbd> search</p>
<p>Made by <code>${command}</code></p></footer>`;
}
