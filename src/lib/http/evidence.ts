// Evidence for an auditor.
// EVH1. The log records who asked for it, as it does for the log itself: it says who did what. Kept by: evidence.test.ts.

import { evidence } from "../compliance/evidence.ts";
import { canonical } from "../domain/audit-record.ts";
import { Fault } from "../domain/fault.ts";
import { noteOf, unnamed } from "../triggers/request.ts";
import { handle, orRecorded, reply } from "./handle.ts";

const day = 86_400_000;
const usualDays = 365;

/** `GET /api/compliance/evidence` */
export const showEvidence = handle("showEvidence", async ({ query, trigger }, { ports }) => {
	const now = ports.clock.now();
	const asked = await orRecorded(
		trigger,
		() => unnamed,
		async () => askedIn(query, now),
	);
	const { asOf, period } = asked;
	const audit = await ports.audit();
	const message = `Evidence as of ${asOf.toISOString()} was read, from ${period.from.toISOString()} to ${period.to.toISOString()}.`;
	await audit.append({ ...noteOf(trigger, unnamed), code: "audit-read", message });
	// Its RFC 8785 form keeps its order as it is written.
	return reply(200, JSON.parse(canonical(await evidence(ports, asked))));
});

const startOf = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/** Days are whole ones, in UTC; the present one ends now. */
function askedIn({ asOf, from, to }: { asOf?: string; from?: string; to?: string }, now: Date) {
	const wrong = (parameter: string, detail: string) => new Fault("parameter-not-valid", { parameter, detail });
	const endOf = (parameter: string, date: string): Date => {
		if (startOf(date) > now.getTime()) throw wrong(parameter, "is a day that has not begun");
		return new Date(Math.min(startOf(date) + day, now.getTime()));
	};
	const at = asOf === undefined ? now : endOf("asOf", asOf);
	const until = to === undefined ? at : endOf("to", to);
	if (until > at) throw wrong("to", "is later than asOf");
	const lastDay = Math.floor((until.getTime() - 1) / day) * day;
	const begin = from === undefined ? lastDay - (usualDays - 1) * day : startOf(from);
	if (begin >= until.getTime()) throw wrong("from", "is not before the end of the period");
	return { asOf: at, period: { from: new Date(begin), to: until } };
}
