// What has changed between two looks at a rotation, a line each: for logs, where nothing can be drawn over.

import type { Consumer, Rotation } from "../answers.ts";
import { plain } from "../terminal.ts";
import { durationText, timeText } from "../times.ts";

/** @param before absent at the first look */
export function changesBetween(before: Rotation | undefined, after: Rotation): string[] {
	const lines: string[] = [];
	const { steps, now, retrying, consumers = [], outcome } = after;
	if (!before) lines.push(`${after.kind} of ${after.secret}, ${after.rotationId}`);
	for (const { name, ms, failedTries, lastCode } of steps.slice(before?.steps.length ?? 0))
		lines.push(
			`${name} done in ${durationText(ms)}${failedTries ? `, ${failedTries} tries failed (${lastCode})` : ""}`,
		);
	if (now !== undefined && now !== before?.now) lines.push(now);
	if (retrying && (retrying.attempt !== before?.retrying?.attempt || retrying.step !== before.retrying.step)) {
		const { step, attempt, nextTryAt, message, next, code } = retrying;
		lines.push(`${step} failed, try ${attempt}: ${message} (${code}) Next try ${timeText(nextTryAt)}. ${next}`);
	}
	for (const consumer of consumers) {
		const earlier = before?.consumers?.find(({ workload }) => workload === consumer.workload);
		lines.push(...consumerChanges(earlier, consumer));
	}
	if (outcome !== undefined) lines.push(...planned(after), ...ending(after));
	return lines.map(plain);
}

function consumerChanges(
	before: Consumer | undefined,
	{ workload, delivered, problem, pods, now }: Consumer,
): string[] {
	const lines: string[] = [];
	if (now !== undefined && now !== before?.now) lines.push(`${workload}: ${now}`);
	for (const { pod, proved, version = "" } of pods)
		if (proved && !before?.pods.some((one) => one.pod === pod && one.proved))
			lines.push(`${workload}: pod ${pod} proves ${version.slice(0, 8)}`);
	if (delivered && !before?.delivered) lines.push(`${workload}: delivered`);
	if (problem && !before?.problem) lines.push(`${workload}: ${problem.message} (${problem.code}) ${problem.next}`);
	return lines;
}

/** What a dry run has found, check by check. */
function planned({ plan }: Rotation): string[] {
	if (!plan) return [];
	const { versions, roles, workloads, checks } = plan;
	return [
		...versions.filter(({ replaced }) => replaced).map(({ secret }) => `plan: ${secret} gets a new version`),
		...roles.map(({ server, role }) => `plan: the password of role ${role} on ${server} is changed`),
		...workloads.map(({ workload, restarts, exposureSeconds }) => {
			const fails = exposureSeconds === undefined ? "" : `, requests may fail for ${exposureSeconds} s`;
			return `plan: ${workload}: ${restarts ?? "?"} pods replaced${fails}`;
		}),
		...checks.map(({ check, result, message, code }) =>
			[`plan: ${result}: ${check}${message ? ":" : ""}`, message, code && `(${code})`].filter(Boolean).join(" "),
		),
	];
}

function ending({ outcome, code, problem, version, warnings = [], drift = [], compromise }: Rotation): string[] {
	const told = (word: string) => (one: { message: string; code: string; next: string }) =>
		`${word}: ${one.message} (${one.code}) ${one.next}`;
	return [
		...warnings.map(told("warning")),
		...drift.map(told("drift")),
		...(compromise?.left ? [told("left open")(compromise.left)] : []),
		`${outcome}${code ? ` (${code})` : ""}${version ? `, live version ${version}` : ""}`,
		...(problem ? [told("problem")(problem)] : []),
	];
}
