import { createHash } from "node:crypto";
import { type Html, html, raw } from "./html.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";

// A bundler takes a template apart that has the element's end in it, and then wants a library of its own at run time.
const scriptElement = ["<script>", pageScript, "</", "script>"].join("");

/**
 * Wraps a page's body into a document that stands by itself. Its policy lets it load nothing, send nothing, and run the one style
 * sheet and program whose hashes it names: markup that got in by mistake would stay inert.
 */
export function renderDocument(title: string, body: Html): string {
	const digest = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
	const policy = [
		"default-src 'none'",
		`style-src ${digest(pageStyle)}`,
		`script-src ${digest(pageScript)}`,
		"base-uri 'none'",
		"form-action 'none'",
	].join("; ");
	return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${raw(pageStyle)}</style>
</head>
<body>
${body}
${raw(scriptElement)}
</body>
</html>
`.markup;
}
