// Rotates a secret that is due, or any where somebody means it.

import { useState } from "preact/hooks";
import { OrderAction } from "./order.tsx";

const whens = [
	["due", "If it is due", "A secret that is not due stays as it is."],
	["force", "Now, due or not", "A new password although none is due."],
	["compromised", "Now: somebody else knows it", "It is replaced at once, and everything that it opens is closed."],
] as const;

export function RotateAction({ secret, disabled }: { secret: string; disabled: boolean }) {
	const [when, setWhen] = useState<(typeof whens)[number][0]>("due");
	const fields = (
		<fieldset>
			<legend>When</legend>
			{whens.map(([value, word, means]) => (
				<label key={value} class="choice">
					<input type="radio" name="when" checked={when === value} onChange={() => setWhen(value)} />
					<span>
						{word}
						<small>{means}</small>
					</span>
				</label>
			))}
		</fieldset>
	);
	return (
		<OrderAction
			disabled={disabled}
			order={{
				secret,
				title: "Rotate",
				explains: "First you see the plan: what would change, and each check. Nothing is changed by it.",
				fields,
				isDangerous: when !== "due",
				place: (call, { reason, key, plan }) =>
					call("startRotation", {
						name: secret,
						idempotencyKey: key,
						body: {
							reason,
							dryRun: plan === undefined,
							force: when === "force",
							compromised: when === "compromised",
						},
					}),
			}}
		/>
	);
}
