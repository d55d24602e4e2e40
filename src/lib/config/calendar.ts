// When rotations may start by themselves, as the configuration says it.

import * as z from "zod";
import { type Calendar, isZone, longestClosedDays, type Window, wrongWithCron } from "../domain/calendar.ts";
import { expectedMsOf } from "../domain/expectation.ts";
import { list, mapping, reasonIn, SecretName, wanted, whole } from "./fields.ts";

/** A default is the same text in thousands of entries, and what a cron expression or a zone is takes its time to find out. */
function remembering<T>(find: (text: string) => T): (text: string) => T {
	const found = new Map<string, { readonly answer: T }>();
	return (text) => {
		const known = found.get(text) ?? { answer: find(text) };
		if (found.size > 1_000) found.clear();
		found.set(text, known);
		return known.answer;
	};
}
const wrongWith = remembering(wrongWithCron);
const isKnownZone = remembering(isZone);
const closedDaysOf = remembering((windows: string) =>
	Math.ceil(longestClosedDays(JSON.parse(windows), new Date("2026-01-01T00:00:00Z"))),
);

const cron = z
	.string(wanted("a cron expression of five parts"))
	.superRefine((value, context) => {
		const message = wrongWith(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	})
	.describe("When it opens: minute, hour, day of the month, month, day of the week.");
/** With its offset. */
export const time = z
	.string(wanted("a time with its offset: 2026-12-20T00:00:00+01:00"))
	.refine(
		(value) =>
			/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
			!Number.isNaN(Date.parse(value)),
		{
			error: "is not a time with its offset; give one such as 2026-12-20T00:00:00+01:00",
		},
	);

const RotationWindow = mapping({
	cron,
	minutes: whole("minutes", 30, 10_080).describe(
		"For how long it is open, in minutes that pass, whatever clocks do: a window of whole days, one after another, takes 1500, because a day in autumn has 25 hours.",
	),
	zone: z
		.string(wanted("an IANA time zone"))
		.refine(isKnownZone, { error: "is not an IANA time zone; give one such as Europe/Berlin" })
		.describe("The IANA time zone of `cron`, daylight saving included: Europe/Berlin."),
});

/** Of a secret. */
export const calendarFields = {
	automatic: z
		.boolean(wanted("true or false"))
		.default(true)
		.describe("`false`: only people start its rotations; neither events nor the sweep do."),
	windows: list(RotationWindow, 20).describe("When its rotations may start by themselves. Absent: at any time."),
	expiryBeatsWindowDays: whole("days", 0, 90)
		.default(7)
		.describe("So many days before the live version expires, its rotation no longer waits for a window."),
	spreadDays: whole("days", 0, 60)
		.default(0)
		.describe(
			"It is due up to so many days earlier, on a day that its name decides, from 00:00 UTC: secrets that were imported on one day are not all rotated on one day. Only the first period is shorter; what an order or a freeze moves from its day, the next period brings back.",
		),
};

/** Of everything, or of some secrets. */
export const Freeze = mapping({
	from: time.describe("When it begins, with its offset: 2026-12-20T00:00:00+01:00."),
	to: time.describe("When it ends."),
	reason: reasonIn().describe("Why, for people who are told to wait."),
	secrets: z
		.array(SecretName, wanted("a list of secrets"))
		.max(1000)
		.optional()
		.describe("Entries of secrets that it is for. Absent: all."),
});

/** As much of a configuration as is looked at here. */
interface Planned {
	readonly freezes: Calendar["freezes"];
	readonly secrets: Readonly<Record<string, Scheduled>>;
}
interface Scheduled extends Omit<Calendar, "freezes"> {
	readonly rotateEveryDays: number;
	readonly expiryMarginDays: number;
	readonly spreadDays: number;
	/** Two that take turns. */
	readonly roles?: readonly string[] | undefined;
	readonly fallbacks?: object | undefined;
	readonly consumers: Parameters<typeof expectedMsOf>[0]["consumers"];
}

/** @param problem called with each place that is wrong, and the end of a sentence about it */
export function wrongWithCalendar(
	{ freezes, secrets }: Planned,
	problem: (path: PropertyKey[], message: string) => void,
): void {
	for (const [index, { from, to }] of freezes.entries())
		if (Date.parse(from) >= Date.parse(to)) problem(["freezes", index, "to"], "is not later than from");
	for (const [id, secret] of Object.entries(secrets)) {
		const at = ["secrets", id];
		const { windows, rotateEveryDays, expiryMarginDays, spreadDays } = secret;
		if (spreadDays >= rotateEveryDays)
			problem([...at, "spreadDays"], `is not below rotateEveryDays (${rotateEveryDays})`);
		if (windows.length === 0) continue;
		const closed = closedDaysOf(JSON.stringify(windows));
		if (closed > expiryMarginDays)
			problem(
				[...at, "windows"],
				`do not open for up to ${closed} days, but a version expires ${expiryMarginDays} days after it is due (expiryMarginDays)`,
			);
		for (const [index, window] of windows.entries()) {
			const wrong = (text: string) => problem([...at, "windows", index, "minutes"], text);
			tooShort(secret, window, wrong);
			if (secret.roles) tooLong(secret, window, wrong);
		}
	}
}

function tooShort({ consumers, fallbacks }: Scheduled, { minutes }: Window, problem: (message: string) => void): void {
	const longest = expectedMsOf({ dryRun: false, consumers, deliveries: fallbacks ? 2 : 1 }) / 60_000;
	if (minutes < longest)
		problem(`is less than a rotation may take, by the timeouts of its consumers: ${Math.ceil(longest)} minutes`);
}

/** A window that is open when the other one's turn has come changes both users of a pair, and pods have a password of neither. */
function tooLong({ rotateEveryDays, spreadDays }: Scheduled, { minutes }: Window, problem: (message: string) => void) {
	const days = rotateEveryDays - spreadDays;
	if (minutes > days * 1_440)
		problem(
			`is longer than the time between two rotations (${days} days), so both roles could be changed in one window`,
		);
}
