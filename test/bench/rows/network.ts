import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createBubblewrapDriver } from "@retake/sandbox";
import type { BenchRow } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { openDriverRoom } from "../peers/open-driver-room.ts";

const requestsEach = 50;

/** Asks so many times, each over a connection of its own, and prints the milliseconds of one. */
const asking = `
use IO::Socket::INET; use Time::HiRes "time";
my ($port, $target, $host) = @ARGV;
my $started = time;
for (1 .. ${requestsEach}) {
	my $s = IO::Socket::INET->new("127.0.0.1:$port") or die;
	print $s "GET $target HTTP/1.1\\r\\nHost: $host\\r\\nConnection: close\\r\\n\\r\\n"; $s->flush;
	local $/; <$s> =~ /hello$/ or die "no answer";
}
print 1000 * (time - $started) / ${requestsEach};
`;

/** What an allow-list costs: the start of a command, and a request through the proxy. */
export const networkRow: BenchRow = {
	name: "network",
	title: "An allow-list: `true` with and without one, and a request through the proxy",
	run: async ({ scratch, smoke }) => {
		const rounds = smoke ? 3 : 41;
		const server = createServer((_request, response) => response.end("hello"));
		await once(server.listen(0, "127.0.0.1"), "listening");
		const address = server.address();
		const port = String(typeof address === "object" && address !== null ? address.port : 0);
		const host = `api.internal:${port}`;
		const network = { allow: [`${host}=127.0.0.1`], secrets: [], authorities: [] };
		try {
			await using sealed = await openDriverRoom(createBubblewrapDriver(), scratch);
			await using allowed = await openDriverRoom(createBubblewrapDriver(), scratch, network);
			const words = ["perl", "-e", asking];
			const start = await interleave(
				[
					{ name: "exec without an allow-list", sample: () => sealed.sample() },
					{ name: "exec with one", sample: () => allowed.sample() },
				],
				rounds,
			);
			const request = await interleave(
				[
					{
						name: "to the server itself, from a process of its own",
						sample: () => askDirectly([...words, port, "/", host]),
					},
					{
						name: "from a sandbox, through the proxy",
						sample: async () => Number(await allowed.print([...words, "3128", `http://${host}/`, host])),
					},
				],
				smoke ? 2 : 21,
			);
			return {
				sections: [
					{ title: "run true", measurements: start },
					{ title: "one request, a connection for each", measurements: request },
				],
				targets: [],
				notes: ["the server, the proxy and this row share one process: each waits for the other"],
			};
		} finally {
			server.close();
			server.closeAllConnections();
		}
	},
};

async function askDirectly(words: readonly string[]): Promise<number> {
	const child = spawn(words[0] ?? "", words.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
	let printed = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		printed += text;
	});
	await once(child, "close");
	return Number(printed);
}
