// The task hub on disk: one SQLite database, which several hosts may have open at once.
// S1. What belongs together is one transaction (`store.atomic`): a process that is killed has done all of it or nothing.
// S2. Work is claimed in the database and ended only by the one who claimed it: a claim that ran out and was taken
//     by somebody else makes the first one's result void. A turn is leased in the same way.
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { HistoryEvent, RuntimeStatus } from "./history.ts";

export interface Instance {
	id: string;
	/** Another one after each start of the same id and each continue-as-new. */
	execution: string;
	name: string;
	/** JSON text; null = none. */
	input: string | null;
	output: string | null;
	customStatus: string | null;
	status: RuntimeStatus;
	/** Milliseconds since 1970. */
	created: number;
	updated: number;
	/** Counts the turns that were committed: a turn made from an older state must not be. */
	turn: number;
	parent: { id: string; execution: string; task: number } | null;
}

/** Something an instance is yet to hear of. */
export interface Message {
	id: number;
	/** null = for whichever execution of the instance runs then */
	execution: string | null;
	event: HistoryEvent;
}

/** An activity that is to run. */
export interface Work {
	id: number;
	instance: string;
	execution: string;
	task: number;
	name: string;
	/** JSON text. */
	input: string | null;
}

export interface TimerRecord {
	name: string;
	schedule: string;
	last: number | null;
	next: number | null;
	updated: number;
}

export type Store = ReturnType<typeof openStore>;

const schema = `
	PRAGMA busy_timeout = 5000;
	PRAGMA journal_mode = WAL;
	PRAGMA synchronous = NORMAL;
	CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, input TEXT,
		output TEXT, customStatus TEXT, status TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
		turn INTEGER NOT NULL, parent TEXT) STRICT;
	CREATE TABLE IF NOT EXISTS history (instance TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL,
		PRIMARY KEY (instance, position)) STRICT, WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT,
		control INTEGER NOT NULL, due INTEGER NOT NULL, event TEXT NOT NULL) STRICT;
	CREATE INDEX IF NOT EXISTS messages_due ON messages (due, instance);
	CREATE INDEX IF NOT EXISTS messages_instance ON messages (instance, due);
	CREATE TABLE IF NOT EXISTS work (id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT NOT NULL,
		task INTEGER NOT NULL, name TEXT NOT NULL, input TEXT, due INTEGER NOT NULL, claim TEXT) STRICT;
	CREATE INDEX IF NOT EXISTS work_due ON work (due);
	CREATE TABLE IF NOT EXISTS leases (instance TEXT PRIMARY KEY, host TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
	CREATE TABLE IF NOT EXISTS timers (name TEXT PRIMARY KEY, schedule TEXT NOT NULL, last INTEGER, next INTEGER,
		updated INTEGER NOT NULL) STRICT;
`;

/** @param stateDir made if it is not there; @param hubName one database each */
export function openStore(stateDir: string, hubName: string) {
	mkdirSync(stateDir, { recursive: true });
	const database = new DatabaseSync(join(stateDir, `${hubName}.sqlite`));
	database.exec(schema);
	/** This host's name on its claims and leases. */
	const claim = randomUUID();

	const statement = <Row>(sql: string) => {
		const prepared = database.prepare(sql);
		return {
			all: (...values: SQLInputValue[]) => prepared.all(...values) as Row[],
			get: (...values: SQLInputValue[]) => prepared.get(...values) as Row | undefined,
			run: (...values: SQLInputValue[]) => Number(prepared.run(...values).changes),
		};
	};
	const read = {
		instance: statement<InstanceRow>("SELECT * FROM instances WHERE id = ?"),
		history: statement<{ event: string }>("SELECT event FROM history WHERE instance = ? ORDER BY position"),
		length: statement<{ next: number }>(
			"SELECT coalesce(max(position) + 1, 0) AS next FROM history WHERE instance = ?",
		),
		messages: statement<{ id: number; execution: string | null; event: string }>(
			"SELECT id, execution, event FROM messages WHERE instance = ? AND due <= ? ORDER BY id",
		),
		ready: statement<{ instance: string }>(
			`SELECT instance FROM messages JOIN instances ON instances.id = instance
			 WHERE due <= ? AND (control = 1 OR status != 'Suspended')
			 AND instance NOT IN (SELECT instance FROM leases WHERE until > ? AND host != ?)
			 GROUP BY instance ORDER BY min(messages.id)`,
		),
		nextMessage: statement<{ due: number | null }>("SELECT min(due) AS due FROM messages WHERE due > ?"),
		nextWork: statement<{ due: number | null }>("SELECT min(due) AS due FROM work WHERE claim IS NOT ?"),
		nextLease: statement<{ until: number | null }>(
			"SELECT min(until) AS until FROM leases WHERE until > ? AND host != ?",
		),
		version: statement<{ data_version: number }>("PRAGMA data_version"),
		timer: statement<TimerRecord>("SELECT * FROM timers WHERE name = ?"),
		list: statement<InstanceRow>(
			`SELECT * FROM instances WHERE id > ? AND substr(id, 1, length(?)) = ? AND created >= ? AND created <= ?
			 AND (? = '[]' OR status IN (SELECT value FROM json_each(?))) ORDER BY id LIMIT ?`,
		),
	};
	const write = {
		instance: statement(
			`INSERT OR REPLACE INTO instances (id, execution, name, input, output, customStatus, status, created, updated, turn, parent)
			 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		),
		event: statement("INSERT INTO history (instance, position, event) VALUES (?, ?, ?)"),
		message: statement("INSERT INTO messages (instance, execution, control, due, event) VALUES (?, ?, ?, ?, ?)"),
		work: statement("INSERT INTO work (instance, execution, task, name, input, due) VALUES (?, ?, ?, ?, ?, ?)"),
		claim: statement<Work>(
			`UPDATE work SET claim = ?, due = ? WHERE id = (SELECT id FROM work WHERE due <= ? AND claim IS NOT ? ORDER BY id LIMIT 1)
			 RETURNING id, instance, execution, task, name, input`,
		),
		renew: statement("UPDATE work SET due = ? WHERE id = ? AND claim = ?"),
		endWork: statement("DELETE FROM work WHERE id = ? AND claim = ?"),
		release: statement("UPDATE work SET due = ?, claim = NULL WHERE claim = ?"),
		lease: statement(
			`INSERT INTO leases (instance, host, until) VALUES (?, ?, ?) ON CONFLICT (instance) DO UPDATE
			 SET host = excluded.host, until = excluded.until WHERE until <= ? OR host = excluded.host`,
		),
		endLease: statement("DELETE FROM leases WHERE instance = ? AND host = ?"),
		endLeases: statement("DELETE FROM leases WHERE host = ?"),
		dropMessage: statement("DELETE FROM messages WHERE id = ?"),
		dropExecution: statement("DELETE FROM messages WHERE instance = ? AND execution = ?"),
		timer: statement("INSERT OR REPLACE INTO timers (name, schedule, last, next, updated) VALUES (?, ?, ?, ?, ?)"),
	};
	const forget = ["instances WHERE id", "history WHERE instance", "messages WHERE instance", "work WHERE instance"].map(
		(where) => statement(`DELETE FROM ${where} = ?`),
	);
	const dropHistory = statement("DELETE FROM history WHERE instance = ?");

	return {
		atomic<T>(change: () => T): T {
			database.exec("BEGIN IMMEDIATE");
			try {
				const result = change();
				database.exec("COMMIT");
				return result;
			} catch (error) {
				database.exec("ROLLBACK");
				throw error;
			}
		},
		instance: (id: string) => asInstance(read.instance.get(id)),
		saveInstance(i: Instance): void {
			const parent = i.parent && JSON.stringify(i.parent);
			const { id, execution, name, input, output, customStatus, status, created, updated, turn } = i;
			write.instance.run(id, execution, name, input, output, customStatus, status, created, updated, turn, parent);
		},
		/** By id, from after `after` on. `from` and `to` are milliseconds since 1970. */
		list(filter: {
			after: string;
			prefix: string;
			from: number;
			to: number;
			states: string[];
			top: number;
		}): Instance[] {
			const { after, prefix, from, to, top } = filter;
			const states = JSON.stringify(filter.states);
			return read.list.all(after, prefix, prefix, from, to, states, states, top).map((row) => asInstance(row)!);
		},
		/** Instance, history, messages and work. */
		forget: (id: string) => {
			for (const from of forget) from.run(id);
		},
		history: (id: string) => read.history.all(id).map(({ event }) => JSON.parse(event) as HistoryEvent),
		append(id: string, events: HistoryEvent[]): void {
			const { next } = read.length.get(id)!;
			for (const [index, event] of events.entries()) write.event.run(id, next + index, JSON.stringify(event));
		},
		dropHistory: (id: string) => dropHistory.run(id),
		/** @param control a suspension, resumption or termination: it reaches a suspended instance */
		send(instance: string, execution: string | null, event: HistoryEvent, due: number, control = false): void {
			write.message.run(instance, execution, control ? 1 : 0, due, JSON.stringify(event));
		},
		messages: (instance: string, now: number): Message[] =>
			read.messages.all(instance, now).map((row) => ({ ...row, event: JSON.parse(row.event) })),
		dropMessages: (messages: Message[]) => {
			for (const { id } of messages) write.dropMessage.run(id);
		},
		/** All that only this execution would hear of: its timers above all. */
		dropMessagesOf: (instance: string, execution: string) => write.dropExecution.run(instance, execution),
		/** Instances that have something to hear of, the longest waiting first. */
		ready: (now: number) => read.ready.all(now, now, claim).map(({ instance }) => instance),
		/** @returns false while another host makes a turn of it */
		leaseTurn: (instance: string, now: number, until: number) => write.lease.run(instance, claim, until, now) === 1,
		endTurn: (instance: string) => write.endLease.run(instance, claim),
		/** When the next lease of another host runs out: it may be dead. */
		nextLeaseEnd: (now: number) => read.nextLease.get(now, claim)?.until ?? null,
		/** Another number whenever another host has changed something. */
		version: () => read.version.get()!.data_version,
		nextMessageDue: (now: number) => read.nextMessage.get(now)?.due ?? null,
		addWork(work: Omit<Work, "id">, due: number): void {
			write.work.run(work.instance, work.execution, work.task, work.name, work.input, due);
		},
		/** Takes the oldest work that is free, or whose claim ran out, until `until`. */
		claimWork: (now: number, until: number) => write.claim.get(claim, until, now, claim),
		renewWork: (work: Work, until: number) => write.renew.run(until, work.id, claim),
		/** @returns false if somebody else has taken it meanwhile: the result does not count */
		endWork: (work: Work) => write.endWork.run(work.id, claim) === 1,
		/** All that this host holds is free for the others. */
		release(now: number): void {
			write.release.run(now, claim);
			write.endLeases.run(claim);
		},
		nextWorkDue: () => read.nextWork.get(claim)?.due ?? null,
		timer: (name: string) => read.timer.get(name),
		saveTimer: (t: TimerRecord) => write.timer.run(t.name, t.schedule, t.last, t.next, t.updated),
		[Symbol.dispose]: () => database.close(),
	};
}

type InstanceRow = Omit<Instance, "parent"> & { parent: string | null };

function asInstance(row: InstanceRow | undefined): Instance | undefined {
	return row && { ...row, parent: row.parent ? JSON.parse(row.parent) : null };
}
