// Derived secrets: the same credential in another form.
// R1. Every value is URL-encoded. Otherwise: a role name with `@` or `/` in it points the client to another host.

import { Password } from "./password.ts";

/**
 * @param template with `{role}`, `{password}`, `{host}`, `{port}`, `{database}`
 * @see RFC 3986, section 2.1; PostgreSQL's connection URIs decode each part
 */
export function render(
	template: string,
	values: { role: string; password: Password; host: string; port: number; database: string },
): Password {
	return new Password(
		template.replace(/\{(role|password|host|port|database)\}/g, (_, name: keyof typeof values) => {
			const value = values[name];
			return encodeURIComponent(value instanceof Password ? value.reveal() : String(value));
		}),
	);
}
