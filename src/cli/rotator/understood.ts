// An answer of the app is held to the API's own description before a command reads it.
// RUA1. One of another form ends the command with a sentence. Otherwise: `{}` is taken for an order that has begun, and what should be a
//       number is a text that steers the terminal. Kept by: test/unit/cli/commands.test.ts.
// RUA2. A word that a newer app has added to a list is read as it is. Otherwise: the app cannot be upgraded before every command.
//       Kept by: test/unit/cli/commands.test.ts.

import type * as z from "zod";
import type { Client } from "../../api/client.ts";
import { type Route, routes } from "../../api/routes.ts";

/** What was answered has another form than this version of the command reads. */
export class NotUnderstood extends Error {
	readonly next: string;
	constructor({ isOrder, cause }: { readonly isOrder: boolean; readonly cause: unknown }) {
		super("The command does not understand what was answered.", { cause });
		this.next = `${isOrder ? "What was ordered may have begun: see rotator history. " : ""}Check that the address is the app's (ROTATOR_URL), and that rotator --version is the version of the app; if so, it is a defect: report it.`;
	}
}

/** @throws NotUnderstood besides */
export const understanding =
	(call: Client): Client =>
	async (id, given, signal) => {
		const answer = await call(id, given, signal);
		const { answers, hasKey }: Route = routes[id];
		const read = answers[Number(answer.status)]?.[1].safeParse(answer.body, { reportInput: true });
		if (read?.success || read?.error.issues.every(isNewWord)) return answer;
		throw new NotUnderstood({ isOrder: hasKey === true, cause: read?.error });
	};

function isNewWord(issue: z.core.$ZodIssue): boolean {
	if (issue.code === "invalid_value")
		return typeof issue.input === "string" && issue.values.every((value) => typeof value === "string");
	if (issue.code !== "invalid_union") return false;
	if (issue.discriminator === undefined) return issue.errors.some((issues) => issues.every(isNewWord));
	return typeof (issue.input as Readonly<Record<string, unknown>>)[issue.discriminator] === "string";
}
