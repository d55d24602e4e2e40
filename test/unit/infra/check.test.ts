// That the check of modules finds what is wrong: each case is one mistake in a module that is right without it.

import { expect, test } from "@jest/globals";
import { referenceProblems, shapeProblems } from "../../support/terraform/check.ts";
import { moduleFrom } from "../../support/terraform/module.ts";

const right = `
variable "names" {
  type = map(string)
}

locals {
  group = { for key, name in var.names : key => [for part in split("-", name) : "\${part}-\${local.suffix}"] }
  suffix = "x"
}

resource "azurerm_storage_account" "one" {
  for_each                 = local.group
  name                     = each.key
  resource_group_name      = "group"
  location                 = "westeurope"
  account_tier             = "Standard"
  account_replication_type = "ZRS"
  network_rules {
    default_action = "Deny"
  }
}

resource "azurerm_monitor_diagnostic_setting" "one" {
  name               = "say \\"\${var.names["a"]}\\""
  target_resource_id = azurerm_storage_account.one["a"].id
  dynamic "enabled_log" {
    for_each = ["StorageRead"]
    content {
      category = enabled_log.value
    }
  }
}

resource "azapi_resource" "one" {
  type = "Microsoft.DurableTask/schedulers@2026-02-01"
  body = { properties = { sku = { name = "Consumption" }, ipAllowlist = [azurerm_storage_account.one["a"].primary_blob_endpoint] } }
}
`;

async function problemsOf(text: string): Promise<string[]> {
	const module = await moduleFrom("somewhere", new Map([["main.tf", text]]));
	return [...shapeProblems(module), ...(await referenceProblems(module))];
}

test("a module that is right has no problem", async () => {
	expect(await problemsOf(right)).toEqual([]);
});

test.each([
	[
		"an unknown resource type",
		"azurerm_monitor_diagnostic_setting",
		"azurerm_monitor_diagnosis",
		"knows no resource of this type",
	],
	["an unknown argument", "account_tier ", "account_teir = 1\n account_tier", "has no argument account_teir"],
	[
		"an argument of azurerm 4",
		"account_tier ",
		"queue_properties {}\n account_tier",
		"has no argument queue_properties",
	],
	["a missing argument", 'account_tier             = "Standard"', "", "lacks account_tier"],
	["an unknown argument of a block", "default_action", "default", "network_rules: has no argument default"],
	["an unknown argument of a dynamic block", "category =", "categories =", "enabled_log: has no argument categories"],
	[
		"a missing argument of a dynamic block's iterator",
		"enabled_log.value",
		"enabled_log.name",
		"is neither key nor value",
	],
	["an unknown property in an ARM body", "sku =", "sko =", "has no property sko"],
	["an unknown API version", "@2026-02-01", "@2020-01-01", "knows no body"],
	["an attribute that is not exported", "primary_blob_endpoint", "blob_endpoint", "has no attribute blob_endpoint"],
	["a storage key", "primary_blob_endpoint", "primary_access_key", "has no attribute primary_access_key"],
	[
		"a resource that is not there",
		"azurerm_storage_account.one",
		"azurerm_storage_account.two",
		"there is no azurerm_storage_account.two",
	],
	["a variable that is not there", "in var.names", "in var.name", "there is no var.name"],
	[
		"a local value that is not there, in a for inside a for",
		`\${local.suffix}`,
		`\${local.suffixes}`,
		"there is no local.suffixes",
	],
	["each without for_each", "for_each                 = local.group", "", "each.key outside of for_each"],
	["a variable that is used nowhere", "locals {", 'variable "vain" {}\nlocals {', "var.vain is used nowhere"],
	["a local value that is used nowhere", "suffix =", "vain = 1\n suffix =", "local.vain is used nowhere"],
])("%s is found", async (_, from, to, sentence) => {
	expect(right).toContain(from);
	expect((await problemsOf(right.replace(from, () => to))).join("\n")).toContain(sentence);
});

test("what is not HCL is refused with its place", async () => {
	await expect(problemsOf('resource "azurerm_storage_account" {\n  name = \n}')).rejects.toThrow(/main\.tf:2/);
});

test("a module call is held to the module's variables and outputs", async () => {
	const call = `
module "rotator" {
  source = "./infra/modules/rotator"
  nmae   = "x"
}

output "names" {
  value = module.rotator.nothing
}
`;
	const module = await moduleFrom(process.cwd(), new Map([["main.tf", call]]));
	const problems = await referenceProblems(module);
	expect(problems).toContain("module rotator: has no variable nmae");
	expect(problems).toContain("module rotator: lacks secrets");
	expect(problems.join("\n")).toContain("there is no output module.rotator.nothing");
});
