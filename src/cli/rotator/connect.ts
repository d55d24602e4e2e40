// The app that a command talks to, and as whom.
// RCO1. A token is only sent over TLS, or to this machine. Otherwise: anyone on the way has it. Kept by: connect.test.ts.

import { type Client, client } from "../../api/client.ts";
import type { Around } from "./around.ts";
import type { Values } from "./command.ts";
import { usage } from "./parse.ts";
import { tokens, ways } from "./sign-in/token.ts";
import { understanding } from "./understood.ts";

export const connecting = {
	url: { type: "string", value: "URL", what: "The app; else ROTATOR_URL." },
	scope: {
		type: "string",
		value: "SCOPE",
		what: "Whose tokens it takes: api://<app id>/.default; else ROTATOR_SCOPE.",
	},
	"sign-in": {
		type: "string",
		value: "WAY",
		choices: ways,
		what: "Where the token comes from; else ROTATOR_TOKEN, then az, then azd.",
	},
} as const;

/** @throws Unusable */
export function connect(options: Values<typeof connecting>, around: Around): Client {
	const address = options.url ?? around.env.ROTATOR_URL;
	const isUnknown = !options.scope && !around.env.ROTATOR_SCOPE && !around.env.ROTATOR_TOKEN;
	if (!address && isUnknown)
		throw usage(
			"Neither the app's address nor the scope of its tokens is known.",
			"Set ROTATOR_URL=https://<function app>.azurewebsites.net and ROTATOR_SCOPE=api://<app id>/.default, or give --url and --scope.",
		);
	const baseUrl = addressOf(address);
	const scope = options.scope ?? (around.env.ROTATOR_SCOPE || undefined);
	return understanding(client({ baseUrl, token: tokens(around, scope, options["sign-in"]) }));
}

const next = "Give https://<function app>.azurewebsites.net by --url or ROTATOR_URL.";

export function addressOf(given: string | undefined): string {
	if (!given) throw usage("The app's address is not known.", next);
	const url = URL.parse(given);
	if (url === null || !["https:", "http:"].includes(url.protocol)) throw usage("The app's address is not a URL.", next);
	if (url.username || url.password) throw usage("The app's address has a user or a password in it.", next);
	if (url.protocol === "http:" && !isHere(url.hostname))
		throw usage("The app's address is http://: anyone on the way could read the token.", next);
	if (url.pathname !== "/" || url.search || url.hash)
		throw usage("The app's address has more than a host in it.", next);
	return url.origin;
}

const isHere = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);
