// The forms that a secret's value may have: how a text is written in each, and what its readers read back.
// R1. Every value is written as its form's readers read it back. Otherwise: a role name with `@` or `/` in it points the client
//     to another host, and one with `%` or `;` keeps it from logging in. Kept by: render.test.ts, connection-strings.test.ts.
// R2. What needs no quotation marks gets none, and all but values stays as it is written. Otherwise: a new version of the app
//     renders another text than the one that is live, and calls that drift. Kept by: render.test.ts.

const placeholder = /\{(role|password|host|port|database|value)\}/g;

export type Fill = (name: string) => string;

export interface Form {
	/** @returns the text, or `undefined` where the template does not have the form */
	write(template: string, fill: Fill): string | undefined;
	/** @returns each part of a text by its name, or `undefined` where it does not have the form */
	read(text: string): ReadonlyMap<string, string> | undefined;
}

const filled = (text: string, fill: Fill): string => text.replace(placeholder, (_, name: string) => fill(name));
const namesIn = (text: string): string[] => [...text.matchAll(placeholder)].map(([, name]) => name!);

interface Pairs {
	/** Sticky: what stands before a value, the value with its quotation marks, and what stands behind it. */
	readonly pair: RegExp;
	/** A value with placeholders in it. */
	write(value: string, fill: Fill): string | undefined;
	/** A value with its quotation marks. */
	read(value: string): string;
}

/** A form that is a list of pairs. */
function pairs({ pair, write, read }: Pairs): Form {
	const split = (text: string) => {
		const found = [...text.matchAll(pair)];
		return found.map(([whole]) => whole).join("") === text ? found : undefined;
	};
	return {
		write(template, fill) {
			const parts = split(template)?.map(([, before = "", value = "", behind = ""]) => {
				if (namesIn(before).length > 0) return undefined;
				const written = namesIn(value).length === 0 ? value : write(value, fill);
				return written === undefined ? undefined : before + written + behind;
			});
			return parts === undefined || parts.includes(undefined) ? undefined : parts.join("");
		},
		read(text) {
			const keyOf = (before: string) => /([^\s=][^=]*?)\s*=\s*$/.exec(before)?.[1]?.toLowerCase() ?? "";
			const found = split(text)?.map(([, before = "", value = ""]) => [keyOf(before), read(value)] as const);
			return found && new Map(found);
		},
	};
}

/** @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE */
const libpq = pairs({
	pair: /(\s*\w+\s*=\s*)('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*|)(\s+|$)/gsy,
	write(value, fill) {
		const escaped = filled(value, (name) => fill(name).replace(/['\\]/g, "\\$&"));
		const isPlain = value.startsWith("'") || namesIn(value).every((name) => /^[^\s'\\]+$/.test(fill(name)));
		return isPlain ? escaped : `'${escaped}'`;
	},
	read: (value) => (value.startsWith("'") ? value.slice(1, -1) : value).replace(/\\(.)/gs, "$1"),
});

/**
 * Braces get quotation marks too: some readers, like ODBC, take them for such.
 * @see https://learn.microsoft.com/dotnet/framework/data/adonet/connection-string-syntax
 */
const adoNet = pairs({
	pair: /(\s*[^=;\s][^=;]*=\s*)("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;"'\s][^;]*?|)(\s*(?:;\s*|$))/gy,
	write(value, fill) {
		const [mark] = /^["']/.exec(value) ?? [];
		if (mark !== undefined) return filled(value, (name) => fill(name).replaceAll(mark, mark + mark));
		const isPlain = namesIn(value).every((name) => /^[^"'=;{}\s\p{Cc}]*$/u.test(fill(name)));
		const whole = filled(value, fill);
		if (isPlain) return whole;
		return whole.includes('"') && !whole.includes("'") ? `'${whole}'` : `"${whole.replaceAll('"', '""')}"`;
	},
	read(value) {
		const [mark] = /^["']/.exec(value) ?? [];
		return mark === undefined ? value : value.slice(1, -1).replaceAll(mark + mark, mark);
	},
});

/**
 * Lines of NAME=value, as a shell, dotenv, `node --env-file` and systemd read them. They agree on text between two `'`, and on
 * text between two `"` that has nothing in it which a shell replaces; of what needs both, only a shell reads it back.
 */
const env = pairs({
	pair: /((?:[ \t]*(?:#[^\n]*)?\n)*(?:export[ \t]+)?[A-Za-z_]\w*=)((?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s"'\\])*)((?:[ \t]*(?:#[^\n]*)?(?:\n|$))*)/gsy,
	write(value, fill) {
		if (/["'\\$`]/.test(value)) return undefined;
		const whole = filled(value, fill);
		if (/^[\w./:@%+,=-]*$/.test(whole)) return whole;
		if (!whole.includes("'")) return `'${whole}'`;
		return /["\\$`!\n]/.test(whole) ? `'${whole.replaceAll("'", "'\\''")}'` : `"${whole}"`;
	},
	read: (value) =>
		value.replace(
			/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
			(_, single?: string, double?: string, one?: string) =>
				single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? one ?? "",
		),
});

const json: Form = {
	write(template, fill) {
		const text = filled(template, (name) => JSON.stringify(fill(name)).slice(1, -1));
		return parsed(text) === undefined ? undefined : text;
	},
	read(text) {
		const whole = parsed(text);
		return whole && new Map(leaves("", whole.value));
	},
};

function parsed(text: string): { readonly value: unknown } | undefined {
	try {
		return { value: JSON.parse(text) };
	} catch {
		return undefined;
	}
}

const leaves = (path: string, value: unknown): [string, string][] =>
	typeof value === "object" && value !== null
		? Object.entries(value).flatMap(([key, inner]) => leaves(`${path}/${JSON.stringify(key)}`, inner))
		: [[path, String(value)]];

/** RFC 3986, section 2.1: PostgreSQL's connection URIs decode each part. */
const url: Form = {
	write: (template, fill) => filled(template, (name) => encodeURIComponent(fill(name))),
	read: (text) => decoded(text, (part) => decodeURIComponent(part)),
};

/** pgjdbc has no user before the host, takes the host as it is, and decodes as Java's URLDecoder does. */
const jdbc: Form = {
	write(template, fill) {
		if (!/^jdbc:postgresql:\/\/[^@?]*(\?|$)/.test(template)) return undefined;
		const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host);
		return filled(template, (name) => (name === "host" ? bracketed(fill(name)) : encodeURIComponent(fill(name))));
	},
	read: (text) => decoded(text, (part) => decodeURIComponent(part.replaceAll("+", " "))),
};

const urlParts =
	/^([a-z][a-z0-9+.:-]*):\/\/(?:([^:@/?#\s]*)(?::([^@/?#\s]*))?@)?([^@/?#\s]*)(?:\/([^?#\s]*))?(?:\?([^#\s]*))?$/i;

function decoded(text: string, decode: (part: string) => string): ReadonlyMap<string, string> | undefined {
	const [found, scheme = "", user = "", password = "", address = "", path = "", query = ""] = urlParts.exec(text) ?? [];
	if (found === undefined) return undefined;
	const parts = { scheme, user, password, address, path };
	try {
		const asked = query.split("&").map((one) => {
			const [key = "", ...value] = one.split("=");
			return [`?${decode(key)}`, decode(value.join("="))] as const;
		});
		return new Map([...Object.entries(parts).map(([key, part]) => [key, decode(part)] as const), ...asked]);
	} catch {
		// A `%` that encodes nothing.
		return undefined;
	}
}

const raw: Form = { write: filled, read: (text) => new Map([["", text]]) };

export const forms = { url, libpq, jdbc, "ado-net": adoNet, json, env, raw } as const satisfies Record<string, Form>;

export type Format = keyof typeof forms;
export const formats = Object.keys(forms) as [Format, ...Format[]];
