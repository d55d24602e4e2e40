// What every activity passes through on its way to and from durable storage.
// B1. Nothing is changed before its intent is on the audit log. Kept by: `Intent`, whose only cast is
//     here; boundary.test.ts.
// B2. Thrown = transient, returned = final. Otherwise: the durable retry, which knows no error kinds, retries in vain.
// B3. What crosses is a text of ours: code, sentence, next step. Otherwise: an SDK's message with a URL, body or token in
//     it lies readable in durable history for ever. Kept by: boundary.test.ts.

import type { Ports } from "../app.ts";
import type { Actor, Entry, Step } from "../domain/audit-entry.ts";
import type { Code } from "../domain/codes.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { Tell } from "../domain/notice.ts";
import type { Intent } from "../ports/audit-log.ts";

/** One execution of an activity. */
export interface Run {
	/** The Functions invocation id: distinguishes executions of one step in the audit log. */
	readonly attempt: string;
	readonly tell: Tell;
}

/** `R`: what else an execution of it is given. */
export type Activity<I, O, R extends Run = Run> = (ports: Ports, input: I, run: R) => Promise<O>;

/** A final fault, as the orchestrator sees it. */
export interface Refusal {
	readonly refused: Problem;
}

export const isRefusal = (value: unknown): value is Refusal =>
	typeof value === "object" && value !== null && "refused" in value;

/** Whose work it is: carried by every activity's input. */
export interface Ids {
	readonly rotationId: string;
	/** The managed secret's id. */
	readonly secret: string;
	readonly actor: Actor;
	/** The rotation that generated the credential, where that one was cut short and this one goes on with it. */
	readonly credentialId?: string;
}

/** Turns an activity into what is registered with the host: faults are reported, redacted, final ones returned. */
export const atBoundary =
	<I, O, R extends Run = Run>(name: string, activity: Activity<I, O, R>): Activity<I, O | Refusal, R> =>
	async (ports, input, run) => {
		try {
			return await activity(ports, input, run);
		} catch (error) {
			const fault = asFault(error, name);
			const { secret, rotationId } = input as Partial<Ids>;
			run.tell({ ...noticeOf(fault, name), secret, rotationId });
			if (!fault.transient) return { refused: problemOf(fault) };
			throw redacted(fault);
		}
	};

/**
 * For what has no one to answer to, an event's or a timer's handler: the host prints what that throws, and stores it.
 * @throws Error of our texts only
 */
export async function redacting<O>(step: string, tell: Tell, work: () => Promise<O>): Promise<O> {
	try {
		return await work();
	} catch (error) {
		const fault = asFault(error, step);
		tell(noticeOf(fault, step));
		throw redacted(fault);
	}
}

/** What is reported of a fault. */
export const noticeOf = ({ code, transient }: Fault, step: string) =>
	({ event: "fault", step, code, transient }) as const;

/** A fault as it is; anything else becomes `internal-error`, of which only the kind is reported. */
export const asFault = (error: unknown, step: string): Fault =>
	error instanceof Fault ? error : new Fault("internal-error", { step, kind: kindOf(error) }, error);

/** The name of an error's class, where that is a name. */
function kindOf(error: unknown): string {
	if (!(error instanceof Error)) return typeof error;
	const kind: unknown = Object.getPrototypeOf(error)?.constructor?.name;
	return typeof kind === "string" && /^[A-Za-z]{1,40}$/.test(kind) ? kind : "Error";
}

function redacted(fault: Fault): Error {
	const error = new Error(fault.message);
	error.stack = fault.message;
	return error;
}

/** What one act did, reported step by step while it runs. */
export interface Journal {
	intent(step: Step): Intent;
	/** The step ended as `code` says; `facts` are versions and names that are known only now. */
	done(step: Step, code: Code, facts?: Partial<Entry>): void;
}

/**
 * Runs an act between its intents and its outcomes on the audit log.
 * @param facts what is known beforehand: versions, server, role, workload
 * @param steps in the order they are done; those that an error leaves open get its code, or `not-begun`
 * @throws Fault `audit-unavailable` before the act when the intents cannot be written: then nothing was done. After the
 *   act: it was done, and comes again; every act is idempotent.
 */
export async function audited<O>(
	ports: Ports,
	run: Run,
	ids: Ids,
	steps: readonly Step[],
	facts: Partial<Entry>,
	act: (journal: Journal) => Promise<O>,
): Promise<O> {
	const log = await ports.audit();
	const entry = (step: Step, phase: Entry["phase"]): Entry => ({
		rotationId: ids.rotationId,
		step,
		phase,
		attempt: run.attempt,
		secretName: ids.secret,
		actor: ids.actor,
		...(ids.credentialId !== undefined && ids.credentialId !== ids.rotationId && { correlationId: ids.credentialId }),
		...facts,
	});
	const intents = new Map(steps.map((step) => [step, entry(step, "intent") as Intent]));
	await log.append(...intents.values());

	const outcomes = new Map<Step, Entry>();
	const journal: Journal = {
		intent: (step) => intents.get(step) ?? missing(step),
		done: (step, code, more) => void outcomes.set(step, { ...entry(step, "outcome"), ...more, code }),
	};
	let failed: Fault | undefined;
	try {
		return await act(journal);
	} catch (error) {
		failed = asFault(error, steps[0] ?? "plan");
		throw failed;
	} finally {
		const open = steps.filter((step) => !outcomes.has(step));
		for (const [index, step] of open.entries()) {
			const code = failed === undefined ? "done" : index === 0 ? failed.code : "not-begun";
			outcomes.set(step, {
				...entry(step, "outcome"),
				code,
				...(failed !== undefined && index === 0 && { message: failed.sentence }),
			});
		}
		await log.append(...steps.map((step) => outcomes.get(step) ?? missing(step)));
	}
}

const missing = (step: Step): never => {
	throw new Error(`the step ${step} was not declared`);
};
