// A rotation as a tree: what is done, what goes on, what each pod proves, and what is wrong.

import type { Consumer, Pod, Problem, Rotation } from "../answers.ts";
import { foldedText } from "../fold.ts";
import { type Look, plain } from "../terminal.ts";
import { durationText, timeText } from "../times.ts";

/** @param now for what is still going on */
export function treeOf(rotation: Rotation, look: Look, now: Date): string[] {
	const { secret, kind, rotationId, dryRun, steps, consumers = [] } = rotation;
	const { good, dim, bold, signs } = look;
	const what = `${kind}${dryRun ? " (dry run)" : ""}`;
	const lines = [`${bold(plain(secret))}  ${plain(what)}  ${dim(plain(rotationId))}`, `  ${dim(askedBy(rotation))}`];
	for (const { name, ms, failedTries, lastCode } of steps) {
		const tries = failedTries
			? `  after ${failedTries} failed ${failedTries === 1 ? "try" : "tries"} (${lastCode})`
			: "";
		lines.push(`${good(signs.good)} ${plain(name).padEnd(20)} ${durationText(ms).padStart(10)}${plain(tries)}`);
	}
	for (const consumer of consumers) lines.push(...consumerLines(consumer, rotation, look));
	if (rotation.now !== undefined) lines.push(`${look.busy(look.signs.busy)} ${nowText(rotation, now)}`);
	if (rotation.retrying) lines.push(...retryLines(rotation.retrying, look));
	for (const warning of rotation.warnings ?? []) lines.push(...problemLines("warning", warning, look.busy));
	for (const finding of rotation.drift ?? []) lines.push(...problemLines("drift", finding, look.busy));
	for (const { code, what: change } of rotation.changes ?? [])
		lines.push(`${dim("change")}  ${plain(change)} ${dim(`(${plain(code)})`)}`);
	if (rotation.approval?.approvedBy) lines.splice(2, 0, `  ${dim(approvedBy(rotation.approval))}`);
	if (rotation.approval?.breakGlass) lines.splice(2, 0, `  ${look.busy("without the approval that it needs")}`);
	return [...lines, ...planLines(rotation, look), ...endLines(rotation, look)];
}

const askedBy = ({ requestedBy: { kind, id }, requestedAt, reason }: Rotation): string =>
	plain(`asked by ${[kind, id].filter(Boolean).join(" ")} at ${timeText(requestedAt)}${reason ? `: ${reason}` : ""}`);

const approvedBy = ({ approvedBy: by, approvedAt, reason }: NonNullable<Rotation["approval"]>): string =>
	plain(
		`approved by ${[by?.kind, by?.id].filter(Boolean).join(" ")} at ${timeText(approvedAt ?? "")}${reason ? `: ${reason}` : ""}`,
	);

const nowText = ({ now, requestedAt, long }: Rotation, at: Date): string =>
	`${plain(now)}  (${durationText(Math.max(0, at.getTime() - Date.parse(requestedAt)))} so far${long ? ", longer than expected" : ""})`;

function consumerLines(consumer: Consumer, rotation: Rotation, look: Look): string[] {
	const { outcome } = rotation;
	const { workload, delivered, awaits, problem, pods, now, together } = consumer;
	const { good, bad, busy, dim, signs } = look;
	const proved = pods.filter((pod) => pod.proved).length;
	const sign = delivered ? good(signs.good) : problem ? bad(signs.bad) : awaits ? dim(signs.open) : busy(signs.busy);
	const state = delivered
		? "delivered"
		: problem
			? "not delivered"
			: (awaits && waits[awaits]) ||
				(outcome === undefined ? ((now !== rotation.now ? now : undefined) ?? "under way") : "not delivered");
	const count = pods.length === 0 ? "" : `, ${proved} of ${pods.length} pods prove it`;
	const rolled = together ? `, rolled together by ${together.rolledBy}` : "";
	const lines = [`${sign} ${plain(workload)}: ${plain(`${state}${count}${rolled}`)}`];
	lines.push(...pods.map((pod, at) => podLine(pod, at === pods.length - 1, look)));
	if (problem) lines.push(...problemLines("problem", problem, bad));
	return lines;
}

const waits: Readonly<Record<NonNullable<Consumer["awaits"]>, string>> = {
	"next-run": "reads it at its next run",
	resumption: "reads it at its next run; its schedule is suspended",
};

function podLine(
	{ pod, proved, ready, version, provedBy, detail, isStarting }: Pod,
	isLast: boolean,
	look: Look,
): string {
	const { good, busy, dim, signs } = look;
	const by = provedBy ? `, by ${provedBy}` : "";
	const state = proved
		? `proves ${(version ?? "").slice(0, 8)}${by}`
		: isStarting
			? "is starting"
			: ready
				? "has not proved it"
				: "is not ready";
	const rest = detail && !proved ? `: ${detail}` : "";
	const branch = look.ellipsis === "…" ? (isLast ? "└" : "├") : isLast ? "`" : "|";
	return `  ${dim(branch)} ${proved ? good(signs.good) : busy(signs.open)} ${plain(pod)} ${plain(state + rest)}`;
}

const retryLines = (
	{ step, attempt, nextTryAt, givenUpAt, ...problem }: NonNullable<Rotation["retrying"]>,
	look: Look,
) => [
	look.busy(
		plain(
			`  ${step} has failed ${attempt === 1 ? "once" : `${attempt} times`}; next try ${timeText(nextTryAt)}${givenUpAt ? `, given up ${timeText(givenUpAt)}` : ""}`,
		),
	),
	...problemLines("why", problem, look.busy),
];

export const problemLines = (
	word: string,
	{ code, message, next }: Problem,
	paint: (text: string) => string,
): string[] => [`  ${paint(plain(word))}: ${plain(message)} (${plain(code)})`, `    next: ${plain(next)}`];

export function planLines({ plan }: Pick<Rotation, "plan">, look: Look): string[] {
	if (!plan) return [];
	const { good, bad, busy, dim, signs } = look;
	const sign = { passed: good(signs.good), warned: busy(signs.busy), refused: bad(signs.bad) };
	return [
		look.bold("Plan"),
		...plan.versions.map(
			({ secret, live, replaced }) =>
				`  ${plain(secret)}: ${replaced ? "gets a new version" : "stays"}${live ? dim(` (live: ${plain(live.slice(0, 8))})`) : ""}`,
		),
		...plan.roles.map(({ server, role }) => `  role ${plain(role)} on ${plain(server)}: its password is changed`),
		...plan.workloads.map(
			({ workload, restarts, exposureSeconds }) =>
				`  ${plain(workload)}: ${restarts === undefined ? "restarts unknown" : `${restarts} pod${restarts === 1 ? "" : "s"} replaced`}${exposureSeconds === undefined ? "" : `, requests may fail for ${exposureSeconds} s`}`,
		),
		...plan.checks.map(
			({ check, result, message, code }) =>
				`  ${sign[result]} ${plain(check)}${message ? `: ${plain(message)}` : ""}${code ? ` (${plain(code)})` : ""}`,
		),
	];
}

function endLines(rotation: Rotation, look: Look): string[] {
	const { outcome, code, problem, version, previousVersion, broughtBack, requestedAt, endedAt } = rotation;
	if (outcome === undefined) return [];
	const took = endedAt ? ` in ${durationText(Date.parse(endedAt) - Date.parse(requestedAt))}` : "";
	const isGood = ["completed", "skipped", "planned"].includes(outcome);
	const lines = [`${(isGood ? look.good : look.bad)(look.bold(outcome))} ${plain(code ? `(${code})` : "")}${took}`];
	const versions = [
		version && `live: ${version}`,
		previousVersion && `${version === undefined ? "live" : "before"}: ${previousVersion}`,
		broughtBack && `value of: ${broughtBack}`,
	];
	const known = versions.filter(Boolean).join(", ");
	if (known) lines.push(`  ${look.dim(plain(known))}`);
	if (rotation.compromise?.left) lines.push(...problemLines("left open", rotation.compromise.left, look.bad));
	if (problem) lines.push(...problemLines("problem", problem, look.bad));
	return lines;
}

/** The tree as it is left standing: long lines are broken at words. */
export const treeText = (rotation: Rotation, look: Look, now: Date): string =>
	foldedText(treeOf(rotation, look, now), look.columns);
