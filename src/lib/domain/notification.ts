// What people and other systems are notified of, as a CloudEvent like a record of the audit log.
// NTF1. Names, ids, codes and texts of ours: no sentence of a fault, since it names servers, roles and pods to everyone in the
//       chat; no reason that somebody typed; never a value. Kept by: notification.test.ts.
// NTF2. One happening has one id, however often it is found. Otherwise: a receiver cannot tell a repeat from a second one.
//       Kept by: notification.test.ts.

import { createHash } from "node:crypto";
import type { Actor } from "./audit-entry.ts";
import { type Code, type Meanings, type Outcome, outcomes, reasons } from "./codes.ts";
import { type FaultCode, faultCodes, nextStepOf } from "./fault.ts";
import type { RequestKind } from "./requests/index.ts";

/** What each is about, and whether somebody may have to act. */
export const notificationKinds = {
	started: ["Something has begun to be changed.", "quiet"],
	completed: ["A rotation, a delivery, a rollback, a retirement or a reconciliation is done, and proved.", "quiet"],
	failed: ["It was refused, compensated or interrupted, or some workload does not have the new version.", "urgent"],
	cancelled: ["An operator took the order back.", "quiet"],
	retrying: [
		"It has been running for longer than `retryingMinutes`, and is trying something again and again.",
		"urgent",
	],
	approval: ["An order waits until another person has approved it.", "urgent"],
	"break-glass": ["An operator has ordered something without the approval that it needs.", "urgent"],
	drift: ["Something is not as the last rotation left it.", "urgent"],
	overdue: ["The sweep has found secrets that are overdue, expired or unreadable.", "urgent"],
	sweep: ["A sweep is over: how many secrets are in which state.", "quiet"],
	several: ["Several things happened within a minute.", "quiet"],
	test: ["An operator tries the channel. It goes there whatever `on` says.", "quiet"],
} as const satisfies Readonly<Record<string, readonly [means: string, how: "quiet" | "urgent"]>>;

export type NotificationKind = keyof typeof notificationKinds;
/** What a channel can be given. */
export const subscribable = Object.keys(notificationKinds).filter((kind) => kind !== "test" && kind !== "several") as [
	Exclude<NotificationKind, "test" | "several">,
];
/** Where a channel says nothing. */
export const usual = subscribable.filter((kind) => notificationKinds[kind][1] === "urgent");

export interface Notification {
	readonly specversion: "1.0";
	/** SHA-256 of what it is about, hex: the same at each try. */
	readonly id: string;
	readonly source: "titanic-secret-rotator";
	readonly type: `com.titanic-secret-rotator.notification.${NotificationKind}`;
	/** The managed secret, where it is about one. */
	readonly subject?: string;
	readonly time: string;
	readonly datacontenttype: "application/json";
	readonly data: NotificationData;
}

export interface NotificationData {
	readonly kind: NotificationKind;
	/** The managed secret's id. */
	readonly secret?: string;
	readonly rotationId?: string;
	readonly request?: RequestKind;
	readonly outcome?: Outcome;
	readonly code?: Code;
	/** What the outcome or the kind means, in a sentence. */
	readonly means: string;
	readonly next?: string;
	readonly by?: Actor;
	/** Where people see more. */
	readonly link?: string;
	/** What it is that is tried again: a step's name. */
	readonly step?: string;
	/** Of a sweep, and of several notifications in one. */
	readonly counts?: Readonly<Record<string, number>>;
	/** The secrets that it is about, where there are several: the first ones. */
	readonly secrets?: readonly string[];
	/** So many like it were not sent since the last one. */
	readonly repeats?: number;
}

/** What it is made of. `about`: what one happening has, and no other. */
interface Happening extends Omit<NotificationData, "means" | "next"> {
	readonly about: readonly string[];
	readonly at: string;
	readonly means?: string;
}

export function notificationOf({ about, at, ...given }: Happening): Notification {
	const { kind, outcome, code, means = outcome ? outcomes[outcome][0] : notificationKinds[kind][0] } = given;
	const next = nextOf(outcome, code);
	return {
		specversion: "1.0",
		id: createHash("sha256")
			.update(JSON.stringify([kind, ...about]))
			.digest("hex"),
		source: "titanic-secret-rotator",
		type: `com.titanic-secret-rotator.notification.${kind}`,
		...(given.secret !== undefined && { subject: given.secret }),
		time: at,
		datacontenttype: "application/json",
		data: { ...given, means, ...(next !== undefined && { next }) },
	};
}

/** Of the code, which is more special; of the outcome where that has none. */
function nextOf(outcome: Outcome | undefined, code: Code | undefined): string | undefined {
	if (code !== undefined && (faultCodes as readonly string[]).includes(code)) return nextStepOf(code as FaultCode);
	const meanings: Meanings = { ...outcomes, ...reasons };
	return (code && meanings[code]?.[1]) ?? (outcome && meanings[outcome]?.[1]);
}

/** Names in one notification at the most: each may have 119 characters, and Teams takes 28 KB. */
export const mostNames = 20;

/** What stands at the top, in a line. */
export function headline({ kind, secret, request = "rotate", outcome, secrets, counts }: NotificationData): string {
	const what = secret ?? (secrets?.length === 1 ? secrets[0] : undefined) ?? "several secrets";
	const total = Object.values(counts ?? {}).reduce((sum, one) => sum + one, 0);
	switch (kind) {
		case "started":
			return `${what}: ${nouns[request]} has started`;
		case "completed":
		case "failed":
		case "cancelled":
			return `${what}: ${nouns[request]} ended as ${outcome ?? kind}`;
		case "retrying":
			return `${what}: ${nouns[request]} keeps trying`;
		case "approval":
			return `${what}: an order waits for an approval`;
		case "break-glass":
			return `${what}: ordered without an approval`;
		case "drift":
			return `${what}: drift`;
		case "overdue":
			return `${total} ${total === 1 ? "secret is" : "secrets are"} overdue`;
		case "sweep":
			return "Sweep: how the secrets are";
		case "several":
			return `${total} things at once`;
		case "test":
			return "A test: this channel works";
	}
}

export const nouns: Readonly<Record<RequestKind, string>> = {
	rotate: "rotation",
	deliver: "delivery",
	reconcile: "reconciliation",
	rollback: "rollback",
	retire: "retirement",
};

/** As people read it: label and text, in order. */
export function factsOf(data: NotificationData): (readonly [label: string, text: string])[] {
	const { secret, outcome, code, step, next, by, rotationId, counts = {}, secrets = [], repeats } = data;
	const whom = by && [by.kind, by.id].filter((part) => part !== undefined).join(" ");
	const facts: (readonly [string, string | undefined])[] = [
		["Secret", secret],
		["Outcome", outcome],
		["Code", code],
		["Tries again", step],
		...Object.entries(counts).map(([name, count]) => [name, String(count)] as const),
		["Secrets", secrets.length > 0 ? secrets.join(", ") : undefined],
		["Next", next],
		["By", whom],
		["Rotation", rotationId],
		["Like it, not sent since", repeats === undefined ? undefined : String(repeats)],
	];
	return facts.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const]));
}
