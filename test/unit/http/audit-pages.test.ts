// Pages through a log that is read in many stretches.

import { HttpRequest } from "@azure/functions";
import { expect, test } from "@jest/globals";
import type { AuditRecord } from "../../../src/lib/domain/audit-entry.ts";
import { showAudit } from "../../../src/lib/http/audit.ts";
import { operatorsOf } from "../../../src/lib/http/authentication.ts";
import { world } from "../triggers/world.ts";
import { tokens } from "./tokens.ts";

/** The log in memory, of which each look shows one record; each request is an invocation of its own. */
async function api() {
	const made = await tokens();
	const base = world();
	let [looks, requests] = [0, 0];
	const audit = {
		...base.audit,
		stretch: async (from: Parameters<typeof base.audit.stretch>[0]) => {
			looks++;
			const all = await base.audit.stretch(from);
			const [one, ...others] = all?.records ?? [];
			return all && { records: one ? [one] : [], ...(others.length > 0 && one && { next: one.after }) };
		},
	};
	const operators = operatorsOf(made.settings);
	const ask = async (query: string) => {
		looks = 0;
		const request = new HttpRequest({
			method: "GET",
			url: `http://127.0.0.1/api/audit${query}`,
			headers: { authorization: `Bearer ${await made.sign({ roles: ["Audit.Read"] })}` },
		});
		const ports = { ...base.ports, audit: async () => audit };
		const { body } = await showAudit(request, { ...base.call, ports, attempt: `request-${++requests}`, operators });
		return { ...(JSON.parse(String(body)) as { records: AuditRecord[]; next?: string }), looks };
	};
	for (let attempt = 1; attempt <= 20; attempt++) {
		const entry = { rotationId: "db-password.x", step: "plan", phase: "intent", secretName: "db-password" } as const;
		await base.audit.append({ ...entry, attempt: `${attempt}`, actor: { kind: "timer" } });
	}
	return { ...base, ask, [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
}

test("a filter that nothing passes reads a bounded part of the log, and goes on in a next page", async () => {
	await using made = await api();
	const page = await made.ask("?secret=side-password");
	expect(page).toMatchObject({ records: [], next: expect.stringContaining("continuation=") });
	expect(page.looks).toBeLessThan(20);
});

test("who reads page after page is on the log once", async () => {
	await using made = await api();
	const { next } = await made.ask("?limit=2");
	const { next: further } = await made.ask(next!.replace("/api/audit", ""));
	await made.ask(further!.replace("/api/audit", ""));
	expect(made.audit.records.filter(({ data }) => data.code === "audit-read")).toHaveLength(1);
});

test("records of the very time that is asked to are not on the page", async () => {
	await using made = await api();
	const [first] = made.audit.records;
	expect((await made.ask(`?to=${first!.time}`)).records).toEqual([]);
	expect((await made.ask(`?from=${first!.time}`)).records).not.toEqual([]);
});
