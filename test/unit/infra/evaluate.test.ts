// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Terraform's own

import { describe, expect, test } from "@jest/globals";
import { evaluated } from "../../support/terraform/evaluate.ts";
import { blocksOf } from "../../support/terraform/queries.ts";

const scope = {
	var: { some: { b: { n: 2, sub: null }, a: { n: 1, sub: { n: 3 } } }, name: "prod" },
	local: { list: ["x", "y", "x"] },
};

/** As it stands in a file. */
async function answer(expression: string) {
	const { locals } = await blocksOf("test.tf", `locals {\n  value = ${expression}\n}\n`);
	return evaluated(locals[0].value, scope);
}

describe("an expression has the value that Terraform gives it", () => {
	test.each<[string, unknown]>([
		['"id-${var.name}"', "id-prod"],
		[
			"[for name, one in var.some : { name = name, n = one.n }]",
			[
				{ name: "a", n: 1 },
				{ name: "b", n: 2 },
			],
		],
		['{ for one in local.list : "k-${one}" => one if one != "x" }', { "k-y": "y" }],
		["flatten([for one in var.some : [one.n, [one.n]]])", [1, 1, 2, 2]],
		["merge({ a = 1, b = 2 }, { b = 3 })", { a: 1, b: 3 }],
		["distinct(local.list)", ["x", "y"]],
		["[for one in var.some : try(one.sub.n, null)]", [3, null]],
		['coalesce(null, "", "z")', "z"],
		['var.name == "prod" ? 1 : 0', 1],
		['var.some["a"].n', 1],
	])("%s", async (expression, expected) => {
		expect(await answer(expression)).toEqual(expected);
	});
});

describe("an expression is refused that", () => {
	test.each([
		["refers to what is not there", "var.nothing", "nothing"],
		["asks null for something", 'var.some["b"].sub.n', "refers to what is not there"],
		["calls a function that is not known here", "upper(var.name)", "upper"],
		["has an operator that is not known here", "1 + 1", "binaryOp"],
		["gives two entries one key", "{ for one in local.list : one => 1 }", "Two have one key"],
		["has a splat", "var.some[*].n", "Not known here"],
	])("%s", async (_, expression, said) => {
		await expect(answer(expression)).rejects.toThrow(said);
	});
});
