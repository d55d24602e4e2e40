// Makes an earlier value live again, as a new version: the very one that the plan has shown, over the very version that it saw.

import { OrderAction } from "./order.tsx";

export const RollbackAction = ({ secret, disabled }: { secret: string; disabled: boolean }) => (
	<OrderAction
		disabled={disabled}
		order={{
			secret,
			title: "Roll back",
			explains:
				"The newest earlier value becomes live again, by the same steps and proofs. Never go back to a password that has leaked.",
			isDangerous: true,
			place: (call, { reason, key, plan }) =>
				call("startRollback", {
					name: secret,
					idempotencyKey: key,
					body: {
						reason,
						dryRun: plan === undefined,
						...(plan && { to: plan.broughtBack, version: plan.previousVersion }),
					},
				}),
		}}
	/>
);
