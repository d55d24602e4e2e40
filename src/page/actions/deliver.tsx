// Brings the live version to its workloads again.

import { OrderAction } from "./order.tsx";

export const DeliverAction = ({ secret, disabled = false }: { secret: string; disabled?: boolean }) => (
	<OrderAction
		disabled={disabled}
		order={{
			secret,
			title: "Deliver again",
			explains: "The live version goes to its workloads once more. No new password is made.",
			isDangerous: false,
			place: (call, { reason, key, plan }) =>
				call("startDelivery", {
					name: secret,
					idempotencyKey: key,
					body: { reason, dryRun: plan === undefined },
				}),
		}}
	/>
);
