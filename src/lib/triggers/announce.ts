// Every minute: what does the audit log have that somebody wants to hear about?
// ANC1. Notifications are made from the log, behind every rotation's back: no rotation starts a notification or waits for one, so
//      none fails or takes longer because of one. Kept by: orchestrators/notify.test.ts.
// ANC2. At least once: how far the log was read is saved when all that was found is started. A crash before that has it read again, and
//      what was started is not started twice. Kept by: announce.test.ts, at each of its calls.
// ANC3. What is older than a day is not announced: a channel that is new, or back after a week, does not get what everybody
//      knows. Kept by: announce.test.ts.

import type { Ports } from "../app.ts";
import type { Configuration } from "../config/configuration.ts";
import { type Announced, foldedFor, forgetting } from "../domain/announced.ts";
import type { AuditRecord } from "../domain/audit-entry.ts";
import type { Notification } from "../domain/notification.ts";
import { readerOf } from "../notifications/index.ts";
import type { AuditLog, Place } from "../ports/audit-log.ts";
import type { Notifier } from "../ports/notifier.ts";
import type { Rotations } from "../ports/orchestration.ts";
import { type Happenings, happeningsIn, type LinkTo, retryingOf, sweepOf } from "./happenings.ts";

export interface Announce {
	readonly ports: Ports;
	readonly rotations: Pick<Rotations, "allRunning" | "running">;
	readonly notifier: Notifier;
	readonly linkTo: LinkTo;
}

type Channels = Configuration["notifications"];
type ChannelConfig = Channels[string];

const dayMs = 86_400_000;
/** A megabyte each; the next minute goes on. */
const mostStretches = 20;

/** @returns how many it has started */
export async function announce(call: Announce): Promise<number> {
	const { ports, notifier, linkTo } = call;
	const { config } = await ports.configuration();
	const channels = Object.entries(config.notifications);
	if (channels.length === 0) return 0;
	const now = ports.clock.now();
	const records = await ports.records();
	const before: Announced = (await records.announced()) ?? { at: now.toISOString(), told: {}, folded: {} };
	const read = await readFrom(await ports.audit(), before, now);
	const happenings = await happeningsIn(read.records, records, linkTo);
	const retrying = await longRetrying(call, channels, now);
	const fresh = firstOfEach([...happenings.found, ...retrying.map(({ notification }) => notification)], before.told);
	const waited = new Map(retrying.map(({ notification, minutes }) => [notification.id, minutes]));

	const longest = Math.max(...channels.map(([, { retryingMinutes }]) => retryingMinutes));
	let { folded } = before;
	let started = 0;
	for (const [name, channel] of channels) {
		const passes = passesOf(config, channel);
		const wanted = [...fresh, ...sweepsFor(name, happenings, passes, linkTo)].filter(
			({ id, data: { kind, secret } }) =>
				(channel.on as readonly string[]).includes(kind) &&
				(secret === undefined || passes(secret)) &&
				(waited.get(id) ?? Number.POSITIVE_INFINITY) >= channel.retryingMinutes,
		);
		const toPeople = readerOf(channel) === "people" ? foldedFor(name, wanted, folded, now) : undefined;
		for (const notification of toPeople?.sent ?? wanted) {
			await notifier.start({ channel: name, notification });
			started++;
		}
		folded = toPeople?.folded ?? folded;
	}
	// While some channel waits longer, it is found again; those that were announced have an instance already.
	const isOver = ({ id }: Notification) => (waited.get(id) ?? longest) >= longest;
	const told = {
		...before.told,
		...Object.fromEntries(fresh.filter(isOver).map(({ id }) => [id, now.toISOString()])),
	};
	const after = { at: now.toISOString(), ...(read.place && { place: read.place }), told, folded };
	await records.saveAnnounced(forgetting(after, now));
	return started;
}

async function readFrom(log: AuditLog, { place, at }: Announced, now: Date) {
	// A record is a moment older than the log's end: only where nothing else says what was read, its time does.
	const since = Math.max(place ? 0 : Date.parse(at), now.getTime() - dayMs);
	const records: AuditRecord[] = [];
	let from: Place | undefined = place;
	let stretch = await log.stretch(from ?? new Date(at));
	// The place is in a log that no longer continues.
	if (!stretch && from) stretch = await log.stretch(new Date(at));
	for (let stretches = 1; stretch; stretches++) {
		records.push(...stretch.records.map(({ record }) => record));
		from = stretch.next ?? stretch.records.at(-1)?.after ?? from;
		if (!stretch.next || stretches === mostStretches) break;
		stretch = await log.stretch(stretch.next);
	}
	return { place: from, records: records.filter(({ time }) => Date.parse(time) >= since) };
}

function firstOfEach(found: readonly Notification[], told: Announced["told"]): Notification[] {
	const first = new Map<string, Notification>();
	for (const one of found) if (!first.has(one.id) && !Object.hasOwn(told, one.id)) first.set(one.id, one);
	return [...first.values()];
}

const sweepsFor = (name: string, { swept }: Happenings, passes: (secret: string) => boolean, linkTo: LinkTo) =>
	swept.flatMap((one) => sweepOf(one, name, passes, linkTo));

/** Whose secrets a channel hears about. */
function passesOf(
	{ secrets: all }: Configuration,
	{ secrets, namespaces }: ChannelConfig,
): (secret: string) => boolean {
	return (id) =>
		(secrets === undefined || secrets.includes(id)) &&
		(namespaces === undefined ||
			(Object.hasOwn(all, id) && all[id]!.consumers.some(({ namespace }) => namespaces.includes(namespace))));
}

/** What has been running for as long as any channel waits, with how long that is. */
async function longRetrying(
	{ rotations, linkTo }: Announce,
	channels: readonly (readonly [string, ChannelConfig])[],
	now: Date,
) {
	const waits = channels.flatMap(([, { on, retryingMinutes }]) => (on.includes("retrying") ? [retryingMinutes] : []));
	if (waits.length === 0) return [];
	const shortest = Math.min(...waits);
	const found: { readonly notification: Notification; readonly minutes: number }[] = [];
	for (const { secret, requestedAt } of await rotations.allRunning()) {
		const minutes = (now.getTime() - Date.parse(requestedAt)) / 60_000;
		if (minutes < shortest) continue;
		// With what its deliveries report.
		const status = await rotations.running(secret);
		const notification = status && retryingOf(status, linkTo, now);
		if (notification) found.push({ notification, minutes });
	}
	return found;
}
