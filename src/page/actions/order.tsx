// An order: first its plan, which changes nothing, then a person who confirms what the plan has shown.
// ORD1. Nothing is ordered before its plan was seen, and what would change without being due wants the secret's name typed. Otherwise: a
//       slip of the hand rotates production. Kept by: test/e2e/page.test.ts.
// ORD2. An order that got no answer is sent again under the same key. Otherwise: a person who clicks twice rotates twice.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ApiUnreachable, type Called, type Client } from "../../api/client.ts";
import type { Rotation } from "../answers.ts";
import { useAround } from "../around.ts";
import { Meaning } from "../parts/meaning.tsx";
import { PlanShown } from "../parts/plan.tsx";
import { ProblemBox, Trouble } from "../parts/problem.tsx";
import { State } from "../parts/state.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";
import { outcomes } from "../words.ts";
import { Dialog } from "./dialog.tsx";

type Started = Called<"startRotation"> | Called<"startDelivery"> | Called<"startRollback">;

export interface Order {
	readonly secret: string;
	/** What the button and the dialog are called. */
	readonly title: string;
	readonly explains: string;
	/** Fields of its own, beside the reason. */
	readonly fields?: ComponentChildren;
	/** Does it change what nobody has to change now? */
	readonly isDangerous: boolean;
	/** @param plan what was shown; `undefined`: the plan itself is asked for */
	place(call: Client, given: { reason: string | undefined; key: string; plan: Rotation | undefined }): Promise<Started>;
}

export function OrderAction({ order, disabled = false }: { order: Order; disabled?: boolean }) {
	const [isOpen, setOpen] = useState(false);
	return (
		<>
			<button type="button" disabled={disabled} onClick={() => setOpen(true)}>
				{order.title}
			</button>
			{isOpen && <OrderDialog order={order} close={() => setOpen(false)} />}
		</>
	);
}

function OrderDialog({ order, close }: { order: Order; close(): void }) {
	const { call } = useAround();
	const [reason, setReason] = useState("");
	const [planId, setPlanId] = useState<string>();
	const [error, setError] = useState<Error>();
	const [isSending, setSending] = useState(false);
	const key = useRef(crypto.randomUUID());
	const { value: plan, error: trouble } = usePolled<Rotation>(planId, async (signal) => {
		const { body, retryAfter } = await call("showRotation", { id: planId! }, signal);
		return { value: body, seconds: retryAfter === undefined ? undefined : 1 };
	});
	const send = async (shown: Rotation | undefined) => {
		setError(undefined);
		setSending(true);
		try {
			const given = { reason: reason.trim() || undefined, key: key.current, plan: shown };
			const { body } = await order.place(call, given);
			key.current = crypto.randomUUID();
			const { rotationId } = body;
			if (rotationId === undefined) throw new Error("Something runs for this secret already. Look again in a moment.");
			if (shown) location.hash = hashOf("rotation", rotationId);
			else setPlanId(rotationId);
		} catch (failed) {
			// Whether it was heard is not known: the same key makes it one order.
			if (!(failed instanceof ApiUnreachable)) key.current = crypto.randomUUID();
			setError(failed as Error);
		} finally {
			setSending(false);
		}
	};
	return (
		<Dialog title={`${order.title}: ${order.secret}`} close={close}>
			{planId === undefined ? (
				<form
					class="order"
					onSubmit={(event) => {
						event.preventDefault();
						void send(undefined);
					}}
				>
					<p class="dim">{order.explains}</p>
					{order.fields}
					<label>
						Reason <small>for the audit log: a sentence or a ticket, never a credential</small>
						<input
							type="text"
							maxLength={200}
							required={order.isDangerous}
							value={reason}
							onInput={(event) => setReason(event.currentTarget.value)}
						/>
					</label>
					<Trouble error={error} />
					<div class="actions">
						<button type="submit" class="primary" disabled={isSending}>
							{isSending ? "Asking…" : "Show the plan"}
						</button>
						<button type="button" onClick={close}>
							Close
						</button>
					</div>
				</form>
			) : (
				<>
					<div aria-live="polite">{!plan?.outcome && !trouble && <Planning now={plan?.now} />}</div>
					<Trouble error={trouble} />
					{plan?.outcome && (
						<Confirm order={order} plan={plan} send={() => send(plan)} isSending={isSending} close={close}>
							<Trouble error={error} />
						</Confirm>
					)}
				</>
			)}
		</Dialog>
	);
}

const Planning = ({ now }: { now: string | undefined }) => (
	<p>
		<State word="Making the plan" tone="busy" /> <span class="dim">{now}</span>
	</p>
);

interface Confirming {
	readonly order: Order;
	readonly plan: Rotation;
	send(): Promise<void>;
	readonly isSending: boolean;
	close(): void;
	readonly children: ComponentChildren;
}

function Confirm({ order, plan: rotation, send, isSending, close, children }: Confirming) {
	const { outcome, code, plan, problem, warnings = [], broughtBack } = rotation;
	const [typed, setTyped] = useState("");
	const id = useId();
	const form = useRef<HTMLFormElement>(null);
	// What had the focus, the button of the step before, is gone.
	useEffect(() => form.current?.focus(), []);
	const isPlanned = outcome === "planned";
	return (
		<form
			ref={form}
			tabIndex={-1}
			class="order"
			onSubmit={(event) => {
				event.preventDefault();
				void send();
			}}
		>
			<p>
				<State {...outcomes[outcome!]!} /> {code && <Meaning code={code} />}
			</p>
			{problem && <ProblemBox problem={problem} />}
			{warnings.map((one) => (
				<ProblemBox key={one.code + one.message} problem={one} word="Warning" />
			))}
			{broughtBack && (
				<p>
					The value of version <code>{broughtBack}</code> becomes live again, as a new version.
				</p>
			)}
			{plan && <PlanShown plan={plan} />}
			{isPlanned && order.isDangerous && (
				<label for={id}>
					<span>
						Type <b>{order.secret}</b> to go on
					</span>
					<input
						id={id}
						type="text"
						autocomplete="off"
						spellcheck={false}
						value={typed}
						onInput={(event) => setTyped(event.currentTarget.value)}
					/>
				</label>
			)}
			{children}
			<div class="actions">
				{isPlanned && (
					<button
						type="submit"
						class={order.isDangerous ? "danger" : "primary"}
						disabled={isSending || (order.isDangerous && typed !== order.secret)}
					>
						{order.title} <bdi>{order.secret}</bdi>
					</button>
				)}
				<button type="button" onClick={close}>
					{isPlanned ? "Change nothing" : "Close"}
				</button>
			</div>
		</form>
	);
}
