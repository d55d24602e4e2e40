// One channel, as it is opened for each try: its URL, what is sent there, and what the answer means.
// CHN1. A URL and a key are read when they are needed, and kept nowhere. Otherwise: a URL that was replaced in the vault, because it
//       leaked, is used until the app starts again. Kept by: channel.test.ts.
// CHN2. Of a URL from the vault, only the host is ever shown, and that is the configuration's. Kept by: channel.test.ts.
// CHN3. Any answer except 2xx is a failure, and only 410 ends it: what is wrong today is corrected tomorrow. Kept by: channel.test.ts.

import { NotSentThere, post } from "../adapters/webhook/post.ts";
import { Fault } from "../domain/fault.ts";
import type { Notification } from "../domain/notification.ts";
import type { Password } from "../domain/password.ts";
import type { Channel } from "../ports/channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Perform } from "../ports/effect.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { type ChannelConfig, messageOf } from "./index.ts";

export interface ChannelOptions {
	/** The configuration's key. */
	readonly name: string;
	readonly channel: ChannelConfig;
	/** PEM */
	readonly ca?: string | undefined;
	readonly clock: Clock;
	readonly perform: Perform;
	store(vault: string): Promise<SecretStore>;
	/** `anew`: the one before was refused. */
	token(scope: string, options: { readonly anew: boolean }): Promise<string>;
}

interface InVault {
	readonly vault: string;
	readonly secret: string;
}

export function channelOf({ name, channel, ca, clock, perform, store, token }: ChannelOptions): Channel {
	let wasRefused = false;

	async function secret({ vault, secret: of }: InVault): Promise<Password> {
		const found = await (await store(vault)).latest(of);
		if (found.state === "present") return found.value;
		throw new Fault(found.state === "disabled" ? "secret-disabled" : "secret-missing", { vault, secret: of });
	}

	async function urlOf(): Promise<string> {
		const { url, address } = channel as { url?: string; address?: InVault & { host: string } };
		if (address === undefined) return url ?? "";
		const wrong = (what: string) =>
			new Fault("channel-url-not-valid", { channel: name, vault: address.vault, secret: address.secret, wrong: what });
		const given = URL.parse((await secret(address)).reveal().trim());
		if (given?.protocol !== "https:" || given.username !== "" || given.password !== "")
			throw wrong("is not an https URL without a user");
		if (given.hostname !== address.host) throw wrong(`is not at ${address.host}`);
		return given.href;
	}

	return {
		async send(notification: Notification) {
			const url = await urlOf();
			const { host } = new URL(url);
			const badKey = (of: InVault) => new Fault("channel-key-not-valid", { channel: name, ...of });
			const anew = wasRefused;
			const sending = { at: clock.now(), token: (scope: string) => token(scope, { anew }), secret, badKey };
			const message = await messageOf(notification, channel, sending);
			const { privateAddresses } = channel;
			const headers = { "User-Agent": "titanic-secret-rotator", ...message.headers };
			const answer = await perform(`webhook POST ${name}`, () =>
				post({ url, headers, body: message.body, ca, privateAddresses }),
			).catch((error) => {
				if (error instanceof NotSentThere)
					throw new Fault("channel-private", { channel: name, host, address: error.address });
				throw new Fault("channel-unreachable", { channel: name, host }, error);
			});
			const { status } = answer;
			wasRefused = status === 401;
			if (status >= 200 && status < 300) return;
			if (status === 410) throw new Fault("channel-gone", { channel: name, host });
			const afterSeconds = askedSeconds(answer.retryAfter, clock.now());
			throw new Fault("channel-refused", {
				channel: name,
				host,
				status,
				...(afterSeconds !== undefined && { afterSeconds }),
			});
		},
	};
}

/** `Retry-After` in either of its forms. @see RFC 9110, section 10.2.3 */
function askedSeconds(retryAfter: string | undefined, now: Date): number | undefined {
	if (retryAfter === undefined) return undefined;
	if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
	const date = /^[A-Z][a-z]{2}, .* GMT$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
	return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now.getTime()) / 1000));
}
