// Many rotations asked for at one moment, beside so many times one that is alone: what holds them up, and that all of them end well.

import { type Stack, startStack } from "../../local/stack.ts";
import { until } from "../../local/until.ts";
import { type Bench, once, type Point, type Row } from "../bench.ts";
import { type Hub, open, openHub } from "../hub.ts";
import { type Many, manySecrets } from "../many.ts";
import { mostWithin, noticesIn } from "../notices.ts";
import { coresTime, cpuSeconds } from "../process.ts";
import { summary } from "../statistics.ts";

export const herd: Bench = {
	name: "herd",
	says: "1, 50 and 500 rotations asked for at once, on one server and on ten, beside so many times one alone",
	async run({ appDir, rounds, quick, signal, say }) {
		const sizes = quick ? [1, 5, 25] : [1, 50, 500];
		const most = sizes.at(-1) ?? 1;
		say("bringing up the local stack");
		await using stack = await startStack({ appDir, signal });
		using hub = openHub(appDir, stack.folders.state);
		const rows: Row[] = [];
		const notes: string[] = [];
		for (const servers of [1, 10]) {
			await using many = await manySecrets(stack, { secrets: most, vaults: 1, servers, throttled: true });
			const run = (count: number) => rotateAtOnce(stack, hub, many, count, signal);
			const on = servers === 1 ? "one server" : `${servers} servers`;
			await run(1);
			const alone: number[] = [];
			for (let round = 0; round < Math.max(3, rounds); round++) alone.push((await run(1)).ms);
			const aloneMs = summary(alone).median;
			const [times, failed]: [Point[], Point[]] = [[], []];
			for (const size of sizes) {
				say(`${size} at once on ${on}`);
				const seen = await run(size);
				times.push({ size, product: once(seen.ms), floor: once(size * aloneMs) });
				failed.push({ size, product: once(size - seen.completed) });
				notes.push(`${size} on ${on}: ${seen.says}`);
			}
			const of = "rotations";
			rows.push(
				{
					...{
						key: `time${servers}`,
						says: `until the last has ended, ${on}; floor: so many times one alone`,
						unit: "ms",
					},
					...{ of, points: times },
				},
				{
					...{ key: `failed${servers}`, says: `not completed, ${on}`, unit: "1", of },
					...{ points: failed, goal: { most: 0 } },
				},
			);
		}
		return { rows, notes };
	},
};

interface Seen {
	readonly ms: number;
	readonly completed: number;
	readonly says: string;
}

async function rotateAtOnce(stack: Stack, hub: Hub, many: Many, count: number, signal: AbortSignal): Promise<Seen> {
	const [vault] = many.vaults;
	const chosen = many.ids.slice(0, count);
	const lines = stack.hostLines.length;
	const requests = vault!.requests.length;
	const pid = stack.host!.pid;
	const [cpu, cores] = [cpuSeconds(pid), coresTime()];
	const begun = performance.now();
	await Promise.all(
		chosen.map(async (id) => {
			const answer = await stack.api(`secrets/${id}/rotations`, { method: "POST", body: { force: true } });
			const text = await answer.text();
			if (answer.status !== 202)
				throw new Error(`${id} was not accepted: HTTP ${answer.status}: ${text.slice(0, 300)}`);
		}),
	);
	const acceptedMs = performance.now() - begun;
	const isOver = async () => hub.number(open) === 0 || undefined;
	await until("the end of all rotations", 1_800, isOver, signal, 50);
	const ms = performance.now() - begun;
	const now = coresTime();
	const busy = (now.busy - cores.busy) / (now.all - cores.all);

	const notices = noticesIn(stack.hostLines.slice(lines));
	const ended = notices.filter(({ event }) => event === "rotation-ended");
	const completed = ended.filter(({ outcome }) => outcome === "completed").length;
	const writes = vault!.requests.slice(requests).filter(({ method }) => method === "PUT");
	const waits = ["server-queued", "vault-queued", "vault-throttled"]
		.map((code) => [code, notices.filter((notice) => notice.code === code).length] as const)
		.filter(([, times]) => times > 0)
		.map(([code, times]) => `${code} ${times} times`);
	const share = (cpuSeconds(pid) - cpu) / (ms / 1_000);
	const seconds = (value: number) => `${(value / 1_000).toFixed(1)} s`;
	return {
		...{ ms, completed },
		says: [
			`accepted within ${seconds(acceptedMs)}`,
			`the longest took ${seconds(Math.max(0, ...ended.map((one) => one.ms ?? 0)))}`,
			`all cores were busy ${Math.round(100 * busy)}% of the time, the host had ${share.toFixed(2)} of one`,
			`at most ${mostWithin(
				10_000,
				writes.map(({ at }) => at),
			)} new versions in 10 s`,
			waits.length > 0
				? `steps that waited for a cap until they gave up: ${waits.join(", ")}`
				: "no step gave up for a cap",
		].join("; "),
	};
}
