// What every kind of channel can be given.
// CF3. A URL that opens something by itself is in a vault; one that is in the configuration opens nothing. Otherwise: anyone who reads
//      the repository posts in the team's name.

import * as z from "zod";
import { isRange } from "../adapters/webhook/address.ts";
import {
	Key,
	kubernetesName,
	list,
	mapping,
	oneOf,
	PemFile,
	SecretName,
	text,
	wanted,
	whole,
} from "../config/fields.ts";
import { SafeUrl } from "../config/safe-url.ts";
import { subscribable, usual } from "../domain/notification.ts";

export const HttpsUrl = SafeUrl.refine((value) => value.startsWith("https:"), {
	error: "is not an https URL; give one, also for a receiver in your own network (ca)",
}).meta({ patternErrorMessage: "an https URL" });

export const InVault = (what: string) =>
	mapping({
		vault: Key.describe("One of vaults."),
		secret: SecretName.describe(`${what}: its secret in that vault.`),
	});

/** The whole URL is what lets one in. */
export const Address = mapping({
	vault: Key.describe("One of vaults."),
	secret: SecretName.describe("The URL: its secret in that vault. Anyone who has it can post."),
	host: text("a host name, as in the URL", /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/).describe(
		"The host of that URL. A URL with another one is refused: anyone who can write the secret could otherwise decide where the app sends things.",
	),
});

export const common = {
	on: z
		.array(oneOf(subscribable), wanted("a list of kinds"))
		.min(1, { error: "is empty; leave it out, or name what is to be sent" })
		.default(usual)
		.describe("What is sent."),
	secrets: z
		.array(SecretName, wanted("a list of secrets"))
		.min(1, { error: "is empty; leave it out for all" })
		.max(1000)
		.optional()
		.describe("Entries of secrets that it gets notifications about. Absent: all."),
	namespaces: z
		.array(kubernetesName, wanted("a list of namespaces"))
		.min(1, { error: "is empty; leave it out for all" })
		.max(100)
		.optional()
		.describe("It gets notifications about secrets with a consumer in one of these namespaces. Absent: all."),
	retryingMinutes: whole("minutes", 5, 1_440)
		.default(15)
		.describe(
			"From how many minutes after its request on a run counts as `retrying`, where it is trying something again.",
		),
	ca: PemFile,
	privateAddresses: list(
		z.string(wanted("a range of addresses")).refine(isRange, {
			error: "is no range of addresses; give one such as 10.1.2.0/28",
		}),
		10,
	).describe(
		"Ranges of your own network that its host may be in: a receiver behind a private endpoint, or on your premises. Nothing is sent to any other private, loopback or reserved address.",
	),
};
