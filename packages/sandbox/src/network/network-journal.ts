import { networkLimits } from "./network-limits.ts";
import type { NetworkConnection, NetworkReason, NetworkReport } from "./network-options.ts";

/** An entry of the record while its connection lives. */
export interface JournalEntry {
	/** Counts bytes; false where the command has used up what it may, and the connection must end. */
	count(direction: "sent" | "received", bytes: number): boolean;
	status(code: number): void;
	/** The first word on how it came out stays. */
	end(verdict: NetworkConnection["verdict"], reason: NetworkReason | null): void;
}

/** Keeps what passed and what was refused for one command. */
export interface NetworkJournal {
	open(asked: Pick<NetworkConnection, "host" | "port" | "method">): JournalEntry;
	/** Records what never became a connection. */
	refuse(asked: Pick<NetworkConnection, "host" | "port" | "method">, reason: NetworkReason): void;
	/** What is still open counts as passed as far as it came. */
	report(): NetworkReport;
}

/** A record while its connection lives. */
type Growing = { -readonly [Field in keyof Omit<NetworkConnection, "verdict">]: NetworkConnection[Field] } & {
	verdict: NetworkConnection["verdict"] | null;
};

/** Makes an empty journal. */
export function createNetworkJournal(): NetworkJournal {
	const entries: Growing[] = [];
	let dropped = 0;
	let transferred = 0;
	const open: NetworkJournal["open"] = (asked) => {
		const record: Growing = { ...asked, verdict: null, reason: null, status: null, sentBytes: 0, receivedBytes: 0 };
		if (entries.length < networkLimits.recordedMax) entries.push(record);
		else dropped++;
		return {
			count: (direction, bytes) => {
				record[direction === "sent" ? "sentBytes" : "receivedBytes"] += bytes;
				transferred += bytes;
				return transferred <= networkLimits.transferBytesMax;
			},
			status: (code) => {
				record.status = code;
			},
			end: (verdict, reason) => {
				if (record.verdict !== null) return;
				record.verdict = verdict;
				record.reason = reason;
			},
		};
	};
	return {
		open,
		refuse: (asked, reason) => open(asked).end("refused", reason),
		report: () => ({
			connections: entries.map((each) => ({ ...each, verdict: each.verdict ?? "passed" })).sort(compareConnections),
			dropped,
		}),
	};
}

/** By what was asked for, then by how it came out: parallel requests finish in any order. */
function compareConnections(left: NetworkConnection, right: NetworkConnection): number {
	for (const key of ["host", "port", "method", "verdict", "reason", "status", "sentBytes", "receivedBytes"] as const) {
		const [one, other] = [left[key] ?? "", right[key] ?? ""];
		if (one !== other) return one < other ? -1 : 1;
	}
	return 0;
}
