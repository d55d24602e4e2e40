// What keeps a notification from its receiver. None of it is ever in a rotation's way.

import { denied, final, transient, unreachable } from "./kind.ts";

export const notificationFaults = {
	"channel-unknown": final<{ channel: string }>(
		({ channel }) => `There is no channel ${channel} among notifications.`,
		"Give one of the names under notifications in the configuration.",
		{ leaves: "untouched", status: 404 },
	),
	"notify-not-started": unreachable<{ channel: string }>(
		({ channel }) => `Durable Functions cannot be asked to start a notification of channel ${channel}.`,
		"Nothing: it is tried again every minute. If it stays, check the durable storage.",
	),
	"channel-unreachable": unreachable<{ channel: string; host: string }>(
		({ channel, host }) => `Channel ${channel} cannot be reached at ${host}.`,
		"It is tried again for three days. Check the host's name, its certificate (ca) and the way there from the app's network.",
	),
	"channel-refused": transient<{ channel: string; host: string; status: number; afterSeconds?: number }>(
		({ channel, host, status }) => `Channel ${channel} at ${host} answers HTTP ${status}, which is no success.`,
		"It is tried again for three days. 401 and 403: the right, or the URL in the vault, is not valid any more; 404: the hook is gone; 3xx: give the address that it leads to.",
	),
	"channel-gone": final<{ channel: string; host: string }>(
		({ channel, host }) => `Channel ${channel} at ${host} answers HTTP 410: it wants no more.`,
		"Take it out of notifications, or give its new address.",
	),
	"channel-private": denied<{ channel: string; host: string; address: string }>(
		({ channel, host, address }) =>
			`Channel ${channel}: ${host} has the address ${address}, which is not public, so nothing is sent there.`,
		"If it is a receiver in your own network, name its range in privateAddresses; else find out who changed the name.",
	),
	"channel-url-not-valid": denied<{ channel: string; vault: string; secret: string; wrong: string }>(
		({ channel, vault, secret, wrong }) =>
			`The URL of channel ${channel}, secret ${secret} of vault ${vault}, ${wrong}.`,
		"Store the whole https URL there, with nothing before or behind it, and give its host in address.host.",
	),
	"channel-key-not-valid": denied<{ channel: string; vault: string; secret: string }>(
		({ channel, vault, secret }) =>
			`The signing key of channel ${channel}, secret ${secret} of vault ${vault}, is not whsec_ and 24 to 64 bytes in base64.`,
		'Store one there: printf "whsec_%s" "$(openssl rand -base64 32)".',
	),
};
