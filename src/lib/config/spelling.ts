// One spelling for an address that has several.
// SP1. Two texts that lead to the same place without asking anybody have one spelling here. Otherwise: one vault or server
//      passes for two, and two rotations undo each other there. Kept by: configuration.test.ts.
// What only a name server knows (an alias, the address of a name) is not looked up: such two stay two.

/** This machine, whichever of its own addresses is meant. */
const ownHost = "localhost";

/** @returns the host in small letters, without the dot of the root; an address in its usual form; `undefined` for no host */
export function hostOf(text: string): string | undefined {
	const url = URL.parse(`http://${text.includes(":") ? `[${text}]` : text}/`);
	if (url === null || url.host !== url.hostname || url.pathname !== "/") return undefined;
	const name = url.hostname.replace(/\.+$/, "");
	if (name === "") return undefined;
	const address = embedded(name) ?? name;
	return own.test(address) ? ownHost : address;
}

/** `0.0.0.0` and `::` are no addresses to connect to; where they are taken for one, it is this machine. */
const own = /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/;

/** The IPv4 address in an IPv6 one that only wraps it. */
function embedded(name: string): string | undefined {
	const [, high, low] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(name) ?? [];
	if (high === undefined || low === undefined) return undefined;
	return [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]).join(".");
}

/** `pg.example.org:5432`; a host that is none stays as it is. */
export const serverOf = ({ host, port }: { host: string; port: number }): string => `${hostOf(host) ?? host}:${port}`;

/** As it is asked: no standard port, root dot, or slash at the end. */
export function addressOf(url: URL): string {
	const { protocol, hostname, port, pathname } = url;
	return `${protocol}//${hostname.replace(/\.+$/, "")}${port && `:${port}`}${pathname.replace(/\/+$/, "")}`;
}

/** What an address leads to, as a text to compare: a port speaks either HTTP or HTTPS. One that is none stays as it is. */
export function placeOf(address: string): string {
	const url = URL.parse(address);
	if (url === null) return address;
	const host = hostIn(url) ?? url.hostname;
	return `${host}:${url.port || (url.protocol === "https:" ? 443 : 80)}${url.pathname.replace(/\/+$/, "")}`;
}

/** The host in a URL, where an IPv6 address has brackets. */
export const hostIn = ({ hostname }: URL): string | undefined => hostOf(hostname.replace(/^\[(.*)\]$/, "$1"));
