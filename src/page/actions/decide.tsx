// Approves or rejects what another person has asked for, with a reason. The API refuses a decision about one's own order.

import { useRef, useState } from "preact/hooks";
import { useAround } from "../around.ts";
import { useFocusKept } from "../focus.ts";
import { Trouble } from "../parts/problem.tsx";
import { hashOf } from "../route.ts";
import { Dialog } from "./dialog.tsx";

interface Deciding {
	readonly id: string;
	readonly secret: string;
	done(): void;
}

const decisions = {
	approve: {
		title: "Approve",
		explains: "The rotation starts at once, if its plan is still the one that is shown.",
		button: "primary",
	},
	reject: { title: "Reject", explains: "Nothing is changed. It can be asked for again.", button: "danger" },
} as const;
type Decision = keyof typeof decisions;

export function DecideActions(what: Deciding) {
	const [open, setOpen] = useState<Decision>();
	const openers = useRef<HTMLDivElement>(null);
	useFocusKept(openers);
	return (
		<div ref={openers} class="actions">
			{(Object.keys(decisions) as Decision[]).map((decision) => (
				<button
					key={decision}
					type="button"
					class={decision === "approve" ? "primary" : undefined}
					onClick={() => setOpen(decision)}
				>
					{decisions[decision].title}
				</button>
			))}
			{open && <DecideDialog {...what} decision={open} close={() => setOpen(undefined)} />}
		</div>
	);
}

function DecideDialog({ id, secret, done, decision, close }: Deciding & { decision: Decision; close(): void }) {
	const { call } = useAround();
	const [reason, setReason] = useState("");
	const [error, setError] = useState<Error>();
	const [isSending, setSending] = useState(false);
	const { title, explains, button } = decisions[decision];
	const send = async () => {
		setSending(true);
		setError(undefined);
		try {
			const given = { id, body: { reason: reason.trim() } };
			if (decision === "approve") location.hash = hashOf("rotation", (await call("approve", given)).body.rotationId);
			else await call("reject", given);
			close();
			done();
		} catch (failed) {
			setError(failed as Error);
			setSending(false);
		}
	};
	return (
		<Dialog title={`${title}: ${secret}`} close={close}>
			<form
				class="order"
				onSubmit={(event) => {
					event.preventDefault();
					void send();
				}}
			>
				<p class="dim">{explains}</p>
				<label>
					Reason <small>for the audit log</small>
					<input
						type="text"
						maxLength={200}
						required
						value={reason}
						onInput={(event) => setReason(event.currentTarget.value)}
					/>
				</label>
				<Trouble error={error} />
				<div class="actions">
					<button type="submit" class={button} disabled={isSending}>
						{title} it
					</button>
					<button type="button" onClick={close}>
						Decide later
					</button>
				</div>
			</form>
		</Dialog>
	);
}
