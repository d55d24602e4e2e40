// What the configuration gives for a signed webhook.

import * as z from "zod";
import { list, mapping, wanted } from "../../config/fields.ts";
import { Address, common, HttpsUrl, InVault } from "../fields.ts";

export const Webhook = mapping({
	kind: z
		.literal("webhook", wanted('"webhook"'))
		.describe("Your own receiver: signed POSTs by the Standard Webhooks specification."),
	url: HttpsUrl.optional().describe("Where to. Where the URL itself lets one in: `address` instead."),
	address: Address.optional(),
	signing: list(InVault("A signing key, whsec_..."), 3)
		.refine((keys) => keys.length > 0, { error: "is empty; give the secret of a signing key" })
		.describe("Each signs: give the next key beside the one before until the receiver knows it."),
	...common,
});
export type Webhook = z.infer<typeof Webhook>;
