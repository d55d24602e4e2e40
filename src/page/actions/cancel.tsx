// Takes back an order that has changed nothing yet.

import { useRef, useState } from "preact/hooks";
import { useAround } from "../around.ts";
import { useFocusKept } from "../focus.ts";
import { Trouble } from "../parts/problem.tsx";
import { Dialog } from "./dialog.tsx";

interface Cancelling {
	readonly id: string;
	readonly secret: string;
	done(): void;
}

export function CancelAction(what: Cancelling) {
	const [isOpen, setOpen] = useState(false);
	const opener = useRef<HTMLButtonElement>(null);
	useFocusKept(opener);
	return (
		<>
			<button ref={opener} type="button" onClick={() => setOpen(true)}>
				Cancel it
			</button>
			{isOpen && <CancelDialog {...what} close={() => setOpen(false)} />}
		</>
	);
}

function CancelDialog({ id, secret, done, close }: Cancelling & { close(): void }) {
	const { call } = useAround();
	const [reason, setReason] = useState("");
	const [error, setError] = useState<Error>();
	const [isSending, setSending] = useState(false);
	const send = async () => {
		setSending(true);
		try {
			await call("cancelRotation", { id, body: { reason: reason.trim() || undefined } });
			close();
			done();
		} catch (failed) {
			setError(failed as Error);
		} finally {
			setSending(false);
		}
	};
	return (
		<Dialog title={`Cancel: ${secret}`} close={close}>
			<form
				class="order"
				onSubmit={(event) => {
					event.preventDefault();
					void send();
				}}
			>
				<p class="dim">
					It stops if it has changed nothing by then. Once the database has the new password it goes on to its end; a
					rollback brings the value before.
				</p>
				<label>
					Reason <small>for the audit log</small>
					<input type="text" maxLength={200} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
				</label>
				<Trouble error={error} />
				<div class="actions">
					<button type="submit" class="danger" disabled={isSending}>
						Cancel the rotation
					</button>
					<button type="button" onClick={close}>
						Let it go on
					</button>
				</div>
			</form>
		</Dialog>
	);
}
