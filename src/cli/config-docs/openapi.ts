// docs/openapi.json, from the table of routes.

import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject } from "zod-openapi";
import { Problem } from "../../api/answers/problem.ts";
import { IdempotencyKey } from "../../api/bodies.ts";
import { type Operation, type OperationId, operations } from "../../api/operations.ts";
import { headers, type Route, routes } from "../../api/routes.ts";

const description = [
	"Rotates secrets in Azure Key Vault and proves that the workloads use the new values.",
	"Errors are problem details (RFC 9457); `code` is stable, and `next` says what to do.",
].join(" ");

const header = (name: keyof typeof headers) =>
	z
		.string()
		.meta({ header: { description: headers[name] } })
		.optional();
const problem = (means: string) => ({
	description: means,
	content: { "application/problem+json": { schema: Problem } },
});

function operationOf(id: OperationId): ZodOpenApiOperationObject {
	const { summary, description: more, params, query, body, hasKey, answers }: Route = routes[id];
	const { role }: Operation = operations[id];
	const responses = Object.entries(answers).map(([status, [means, schema, names = []]]) => [
		status,
		{
			description: means,
			content: { "application/json": { schema } },
			...(names.length > 0 && { headers: z.object(Object.fromEntries(names.map((name) => [name, header(name)]))) }),
		},
	]);
	return {
		operationId: id,
		summary,
		description: [more, role && `Needs the app role \`${role}\`.`].filter(Boolean).join(" "),
		security: role ? [{ entra: [] }] : [],
		requestParams: { path: params, query, ...(hasKey && { header: z.object({ "Idempotency-Key": IdempotencyKey }) }) },
		...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
		responses: {
			...Object.fromEntries(responses),
			"4XX": problem("The request is not served: `code` and `next` say why, and what to do."),
			"5XX": problem("Something that the app needs is not there; with `Retry-After`, ask again."),
		},
	};
}

/** @returns the document as an object, OpenAPI 3.1 */
export function openApi(version: string): object {
	const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
	for (const [id, { method, path }] of Object.entries(operations))
		paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(id as OperationId) };
	return createDocument(
		{
			openapi: "3.1.0",
			info: { title: "titanic-secret-rotator", version, description, license: { name: "MIT", identifier: "MIT" } },
			servers: [{ url: "/", description: "The function app." }],
			paths,
			components: {
				securitySchemes: {
					entra: {
						type: "http",
						scheme: "bearer",
						bearerFormat: "JWT",
						description: "An access token of Entra ID for this API; app roles say what it may do (docs/security.md).",
					},
				},
			},
		},
		// Clients live with fields that a later version adds.
		{ override: ({ jsonSchema, io }) => void (io === "output" && delete jsonSchema.additionalProperties) },
	);
}
