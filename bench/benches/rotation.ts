// A rotation against the same calls written straight-line, on one stack.
// RO1. What is paid for once (tokens, connections, code) is paid before anything is counted. Otherwise: the first of the two to run
//      pays for both.

import { temporaryFolder } from "../../local/scope.ts";
import { startStack } from "../../local/stack.ts";
import { type Bench, inTurns, type Row, row } from "../bench.ts";
import { openHub } from "../hub.ts";
import { type Calls, writingDown } from "../rotation/calls.ts";
import { floorOn } from "../rotation/floor.ts";
import { hopMs } from "../rotation/hop.ts";
import { type ProductSwitch, productOn } from "../rotation/product.ts";
import { type HubCost, taskHub } from "../rotation/task-hub.ts";
import { summary } from "../statistics.ts";

/** As the stack's driver does by default. */
const pollMs = 2_000;
/** A copy counts as new when it is so twice, so far apart (`confirmSeconds` of the CSI driver's path). */
const confirmMs = 5_000;
/** Before the new version is there: the start, and the activities plan, createSecret and switch. */
const hopsToPublished = 4;

export const rotation: Bench = {
	name: "rotation",
	says: "one rotation and its critical section, beside the same calls of the plain SDKs; what it asks of everybody",
	async run({ appDir, rounds, signal, say }) {
		await using folder = await temporaryFolder("titanic-bench-");
		say("bringing up the local stack");
		await using stack = await startStack({ appDir, signal, driverPollMs: pollMs, settings: writingDown(folder.path) });
		using hub = openHub(appDir, stack.folders.state);
		const [floor, product] = [floorOn(stack), productOn(stack, taskHub(hub, signal), signal)];
		await floor.rotate();
		await product.switchOnly();
		await product.dryRun();

		say(`the critical section, ${rounds * 10} times each`);
		const alone = await inTurns(rounds * 10, signal, floor.rotate, product.switchOnly);
		say(`the whole rotation, ${rounds} times each`);
		const floorWhole = async () => ({ ...(await floor.rotate()), deliveredMs: await floor.deliver() });
		const whole = await inTurns(rounds, signal, floorWhole, product.rotate);
		say("durable hops");
		const hops = await hopMs(Math.max(3, rounds), signal);

		const hop = summary(hops).median;
		const each = <T, K extends keyof T>(values: readonly T[], key: K): T[K][] => values.map((value) => value[key]);
		const published = { product: each(whole.product, "publishedMs"), floor: each(whole.floor, "publishedMs") };
		const delivered = { product: each(whole.product, "deliveredMs"), floor: each(whole.floor, "deliveredMs") };
		return {
			rows: [
				row(
					"criticalSection",
					"the critical section (activity switch)",
					"ms",
					{ product: each(alone.product, "criticalMs"), floor: each(alone.floor, "criticalMs") },
					{ ratio: 1.3 },
				),
				row(
					"gap",
					"in it, ALTER ROLE committed to the new version readable",
					"ms",
					{ product: each(alone.product, "gapMs"), floor: each(alone.floor, "gapMs") },
					{ ratio: 1.1 },
				),
				row(
					"published",
					`request to published; floor: straight-line and ${hopsToPublished} hops`,
					"ms",
					{ ...published, floor: published.floor.map((ms) => ms + hopsToPublished * hop) },
					{ ratio: 1.3 },
				),
				row(
					"delivered",
					"published to delivered; floor: the driver's poll, 5 s to confirm, the rollout alone",
					"ms",
					{ ...delivered, floor: delivered.floor.map((ms) => ms + pollMs + confirmMs) },
					{ ratio: 1.05 },
				),
				row("hop", "one durable hop of the local host", "ms", { product: hops }),
				...counts(each(whole.product, "hub"), each(whole.product, "calls")),
			],
			notes: [
				`the critical section, by whom it waits for (some side by side): ${spentText(each(alone.product, "spent"))}`,
			],
		};
	},
};

/** "blob 4 calls, 31 ms": medians, the longest first. */
function spentText(all: readonly ProductSwitch["spent"][]): string {
	const systems = [...new Set(all.flatMap((spent) => [...spent.keys()]))];
	const of = (system: string, key: "calls" | "ms") => summary(all.map((spent) => spent.get(system)?.[key] ?? 0)).median;
	return systems
		.map((system) => ({ system, calls: of(system, "calls"), ms: of(system, "ms") }))
		.filter(({ calls }) => calls > 0)
		.sort((one, other) => other.ms - one.ms)
		.map(({ system, calls, ms }) => `${system} ${calls} calls, ${ms.toFixed(0)} ms`)
		.join("; ");
}

const hubSays: Readonly<Record<keyof HubCost, string>> = {
	hops: "durable hops",
	looks: "of them, looks at a copy, a rollout or pods that are not there yet",
	messages: "queue messages of the task hub",
	rows: "rows of history and instances",
	bytes: "bytes in them",
};
const callSays: Readonly<Record<keyof Calls, string>> = {
	vaultGets: "calls of the vault: GET",
	vaultPuts: "calls of the vault: PUT",
	vaultOthers: "calls of the vault: PATCH, and signatures",
	logins: "logins to the database",
	statements: "SQL statements",
	kubernetes: "calls of the Kubernetes API",
	blobs: "storage transactions on blobs",
	auditAppends: "of them, appends to the audit log",
};

function counts(hubs: readonly HubCost[], calls: readonly Calls[]): Row[] {
	const rowsOf = <K extends string>(
		says: Readonly<Record<K, string>>,
		values: readonly Readonly<Record<K, number>>[],
	) =>
		(Object.keys(says) as K[]).map((key) =>
			row(key, `a rotation: ${says[key]}`, "1", { product: values.map((value) => value[key]) }),
		);
	return [...rowsOf(hubSays, hubs), ...rowsOf(callSays, calls)];
}
