import { inFile } from "../mutant.ts";

export const calendar = [
	...inFile(
		"src/lib/domain/calendar.ts",
		["test/unit/domain/calendar.test.ts"],
		[
			{ name: "a window opens by UTC", find: "{ timezone: zone, mode", replace: '{ timezone: "UTC", mode' },
			{ name: "a window opens a minute late", find: "now.getTime() + 1)", replace: "now.getTime() - 60_000)" },
			{
				name: "a date is taken for a cron expression",
				find: "throw new RangeError();",
				replace: "cron.trim();",
			},
			{ name: "a window never closes", find: "opened.getTime() + window.minutes * 60_000", replace: "Infinity" },
			{
				name: "a window that is missed lets a version expire",
				find: "expires.getTime() - now.getTime() < expiryBeatsWindowDays * day",
				replace: "false",
			},
			{ name: "a freeze has no end", find: " && now.getTime() < Date.parse(to)", replace: "" },
			{
				name: "a freeze of one secret is all secrets'",
				find: "!secrets || secrets.includes(secret)",
				replace: "true",
			},
		],
	),
	...inFile(
		"src/lib/domain/spread.ts",
		["test/unit/domain/spread.test.ts"],
		[
			{ name: "all secrets are due on one day", find: "(phase % everyDays)", replace: "0" },
			{ name: "each period is shortened, not the first alone", find: "intoPeriod % days", replace: "phase % days" },
			{
				name: "a spread secret is due after the sweep of its day",
				find: "(on - (intoPeriod % days)) * day",
				replace: "latest - (intoPeriod % days) * day",
			},
			{
				name: "a spread secret is due after its version's period",
				find: "(on - (intoPeriod",
				replace: "(on + (intoPeriod",
			},
			{ name: "what is not spread is due from midnight", find: "if (days === 0) return latest;", replace: "" },
		],
	),
	...inFile(
		"src/lib/domain/policy.ts",
		["test/unit/domain/policy.test.ts"],
		[
			{
				name: "a rotation that was cut short waits for its window",
				find: "held && !trigger.force && !isCutShort(standing)",
				replace: "held && !trigger.force",
			},
			{
				name: "a forced order waits for the window",
				find: "held && !trigger.force && !isCut",
				replace: "held && !isCut",
			},
			{
				name: "a secret is due as late as all others",
				find: "spreadOut(last, rotateEveryDays, spread)",
				replace: "last",
			},
		],
	),
	...inFile(
		"src/lib/steps/calendar.ts",
		["test/unit/steps/calendar.test.ts"],
		[
			{ name: "a person's order waits for the window", find: "if (isByPerson(order)) return undefined;", replace: "" },
			{
				name: "a freeze holds back no person",
				find: "if (!freeze) return undefined;",
				replace: "if (freeze) return undefined;",
			},
			{ name: "force does not get through a freeze", find: " || order.force) return []", replace: ") return []" },
		],
	),
	...inFile(
		"src/lib/compliance/judge.ts",
		["test/unit/compliance/openings.test.ts"],
		[
			{
				name: "the sweep starts what waits for its window",
				find: "if (held) return",
				replace: "if (false) return",
			},
			{
				name: "the sweep leaves what was cut short to the window",
				find: '"rotate" && !cutShort && !seen.isOpen ?',
				replace: '"rotate" ?',
			},
		],
	),
	...inFile(
		"src/lib/compliance/openings.ts",
		["test/unit/compliance/openings.test.ts"],
		[
			{ name: "what is refused is tried every ten minutes", find: "!done.has(entry.secret) && ", replace: "" },
			{
				name: "an event that came before the window keeps it from being met",
				find: ' && !waited.has(code ?? "")',
				replace: "",
			},
			{
				name: "what waits is started before its window opens",
				find: "if (await heldBack(",
				replace: "if (!ports && await heldBack(",
			},
			{
				name: "what runs already is asked for again",
				find: "if (await rotations.running(secret)) return false;",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/config/calendar.ts",
		["test/unit/config/configuration.test.ts"],
		[
			{
				name: "both users of a pair may have their turn in one window",
				find: "if (secret.roles) tooLong(",
				replace: "if (!problem) tooLong(",
			},
		],
	),
];
