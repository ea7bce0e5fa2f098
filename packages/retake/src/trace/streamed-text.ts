/** What the events of model APIs look like where they carry text: Chat Completions, Responses, Messages. */
interface ModelEvent {
	readonly choices?: readonly { readonly delta?: { readonly content?: unknown } }[];
	readonly delta?: string | { readonly text?: unknown };
	readonly type?: string;
}

/** Puts the text together that a model streamed as server-sent events; null for anything else. */
export function streamedText(body: string): string | null {
	const texts: string[] = [];
	for (const line of body.split(/\r?\n/)) {
		if (!line.startsWith("data:")) continue;
		const text = textOf(line.slice("data:".length).trim());
		if (text !== null) texts.push(text);
	}
	return texts.length === 0 ? null : texts.join("");
}

function textOf(data: string): string | null {
	if (!data.startsWith("{")) return null;
	let event: ModelEvent;
	try {
		event = JSON.parse(data) as ModelEvent;
	} catch {
		return null;
	}
	const { choices, delta, type } = event;
	const found =
		choices?.[0]?.delta?.content ??
		(typeof delta === "string" && type === "response.output_text.delta" ? delta : null) ??
		(typeof delta === "object" ? delta.text : null);
	return typeof found === "string" ? found : null;
}
