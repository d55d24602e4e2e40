// An operator tries a channel: one notification, now, and what became of it.

import { randomUUID } from "node:crypto";
import { Fault } from "../domain/fault.ts";
import { notificationOf } from "../domain/notification.ts";
import { noteOf, unnamed } from "../triggers/request.ts";
import { handle, orRecorded, reply } from "./handle.ts";

/** `POST /api/notifications/{channel}/tests`: 200 once the receiver has taken it, else what kept it. */
export const testNotification = handle(
	"testNotification",
	async ({ params: { channel: name }, body: { reason }, trigger }) => {
		const { ports, actor } = trigger;
		const kind = await orRecorded(
			trigger,
			() => unnamed,
			async () => {
				const { config } = await ports.configuration();
				if (!Object.hasOwn(config.notifications, name)) throw new Fault("channel-unknown", { channel: name });
				return config.notifications[name]!.kind;
			},
		);
		const at = ports.clock.now().toISOString();
		const { appId: _, ...by } = actor;
		const notification = notificationOf({ kind: "test", about: [randomUUID()], at, by });
		const audit = await ports.audit();
		const entry = { ...noteOf(trigger, unnamed), step: "notify" } as const;
		await audit.append({ ...entry, phase: "intent", message: reason });
		try {
			await (await ports.channel(name)).send(notification);
		} catch (error) {
			const { code, sentence } =
				error instanceof Fault ? error : new Fault("internal-error", { step: "notify", kind: "Error" });
			await audit.append({ ...entry, phase: "outcome", code, message: sentence });
			throw error;
		}
		await audit.append({ ...entry, phase: "outcome", code: "notified", message: `By channel ${name}: a test.` });
		return reply(200, { channel: name, kind, sentAt: at, id: notification.id });
	},
);
