// What no single field of a channel can show.

import { ChannelConfig } from "../notifications/index.ts";
import { Key, record } from "./fields.ts";

export const Notifications = record(Key, ChannelConfig, 20).default({});

/** As much of a configuration as is looked at here. */
interface Told {
	readonly notifications: Readonly<Record<string, ChannelConfig>>;
	readonly secrets: Readonly<
		Record<string, { vault: string; name: string; derived: readonly { readonly secret: string }[] }>
	>;
}

type Problem = (path: PropertyKey[], message: string) => void;

/** @param problem called with each place that is wrong, and the end of a sentence about it */
export function wrongWithNotifications({ notifications, secrets }: Told, problem: Problem): void {
	const rotated = new Map(
		Object.entries(secrets).flatMap(([id, { vault, name, derived }]) =>
			[name, `${name}-pending`, ...derived.map(({ secret }) => secret)].map((of) => [placeOf(vault, of), id] as const),
		),
	);
	for (const [name, channel] of Object.entries(notifications)) {
		const at = ["notifications", name];
		const readable = (path: PropertyKey[], { vault, secret }: { vault: string; secret: string }) => {
			// What is sent to a receiver is made of it.
			if (rotated.has(placeOf(vault, secret)))
				problem([...at, ...path, "secret"], "is a secret that is rotated; give one that is the channel's own");
		};
		if (channel.kind === "webhook") {
			if ((channel.url === undefined) === (channel.address === undefined))
				problem(at, "has neither url nor address, or both; give the one that it is");
			for (const [index, key] of channel.signing.entries()) readable(["signing", index], key);
		}
		if ("address" in channel && channel.address) readable(["address"], channel.address);
	}
}

/** Key Vault's names have no case. */
const placeOf = (vault: string, secret: string): string => `${vault}/${secret.toLowerCase()}`;
