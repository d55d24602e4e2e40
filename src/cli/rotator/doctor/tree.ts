// What was found, as a tree: whose, which system, which right; and the commands.

import type { FoundRight, FoundSystem } from "../answers.ts";
import { foldedAround } from "../fold.ts";
import { type Look, plain } from "../terminal.ts";

export interface Branch {
	/** `db-password`, `The app` */
	readonly title: string;
	readonly systems: readonly FoundSystem[];
}

/** @param all those that are ok by name too, and how to find out what is unknown */
export const treeOf = (branches: readonly Branch[], look: Look, all: boolean): string => {
	const lines = branches.flatMap(({ title, systems }) => [
		look.bold(plain(title)),
		...systems.flatMap(({ system, rights }) => [`  ${plain(system)}`, ...linesOf(rights, look, all)]),
	]);
	return `${foldedAround(lines, look.columns).join("\n")}\n`;
};

function linesOf(rights: readonly FoundRight[], look: Look, all: boolean): string[] {
	const ok = rights.filter(({ result }) => result === "ok");
	const unasked = all ? [] : rights.filter(isUnasked);
	const others = rights.filter((one) => one.result !== "ok" && (unasked.length < 3 || !unasked.includes(one)));
	const { good, signs } = look;
	const shortly =
		ok.length === 0
			? []
			: [`    ${good(signs.good)} ${ok.length === 1 ? plain(ok[0]!.right) : `${ok.length} in place`}`];
	return [
		...(all ? ok.flatMap((one) => lineOf(one, look, all)) : shortly),
		...others.flatMap((one) => lineOf(one, look, all)),
		...(unasked.length < 3
			? []
			: [
					`    ${look.dim(`${signs.open} ${unasked.length} unknown: to ask for them would be to use them; --all lists them`)}`,
				]),
	];
}

/** Unknown for ever, though nothing is wrong: a command finds it out. */
const isUnasked = ({ result, code, next }: FoundRight): boolean =>
	result === "unknown" && code === undefined && /^az role assignment list /.test(next ?? "");

function lineOf({ right, result, optional, says, code, next }: FoundRight, look: Look, all: boolean): string[] {
	const { good, bad, busy, dim, signs } = look;
	if (result === "ok") return [`    ${good(signs.good)} ${plain(right)}`];
	const isMissing = result === "missing" && !optional;
	const paint = isMissing ? bad : result === "missing" ? busy : dim;
	const word = result === "missing" && optional ? "missing, optional" : result;
	const sign = isMissing ? signs.bad : signs.open;
	const why = [says && plain(says), code && `(${plain(code)})`].filter(Boolean).join(" ");
	const line = `    ${paint(sign)} ${paint(plain(word))}: ${plain(right)}`;
	const lines = [line, ...(why ? [`      ${why}`] : [])];
	// A text on a line of its own: a statement of several lines is one line of SQL too.
	return next && (result === "missing" || all) ? [...lines, `      ${plain(next)}`] : lines;
}

/** What rotations do without is not counted. */
export function summaryOf(rights: readonly FoundRight[]): string {
	const count = (result: FoundRight["result"]) => rights.filter((one) => one.result === result && !one.optional).length;
	return `${count("ok")} in place, ${count("missing")} missing, ${count("unknown")} unknown.\n`;
}
