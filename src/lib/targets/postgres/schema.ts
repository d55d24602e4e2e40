// What the configuration gives for a PostgreSQL server.

import type * as z from "zod";
import { identifier, mapping, PemFile, text, wanted, whole } from "../../config/fields.ts";
import { hostOf } from "../../config/spelling.ts";

const host = "a host name or an IP address, without a port";
const wrongHost = {
	error: ({ input }: { input?: unknown }) => {
		if (/^[^:/]+:\d+$/.test(String(input))) return "has a port in it; give that as port";
		return String(input).includes("://")
			? "is a URL; give its host alone, and its port as port"
			: wanted(host).error({ input });
	},
};
const HostName = text(host, /^[0-9a-zA-Z.:-]{1,253}$/, wrongHost).refine(
	(value) => hostOf(value) !== undefined,
	wrongHost,
);
const DatabaseName = identifier("database name");

export const Server = mapping({
	host: HostName.describe("As its certificate names it."),
	port: whole("a port", 1, 65_535).default(5432).describe("Of the server itself, not of a pooler."),
	database: DatabaseName.default("postgres").describe("The database to log in to."),
	tls: mapping({ ca: PemFile }).default({}),
	sessionsAtOnce: whole("sessions", 1, 100)
		.default(4)
		.describe(
			"How many sessions all instances of the app together have on it at once to set passwords, at most; whatever is more waits. Each takes a second connection for some moments.",
		),
});
export type Server = z.infer<typeof Server>;
