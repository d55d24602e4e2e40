# What the app's identity may do: exactly what it was seen to use, on single secrets, containers and keys.
# R1. No right is there that infra/rights.json does not have. Otherwise: anyone who gets hold of the identity gets more than
#     the passwords that it rotates. Kept by: test/unit/infra/rights.test.ts (this module grants the list, each right on its
#     own thing) and test/e2e/rights.test.ts (the list's rights are used, each of them, and suffice). The platform's
#     identities and their rights are in host.tf.

locals {
  # Every right that there is, what for, and what its absence does. The local stack and the table in docs/security.md are made
  # from the same file.
  listed = jsondecode(file("${path.module}/../../rights.json"))

  # Data actions by kind of thing. No built-in role is as narrow: Secrets User also lists, Secrets Officer also purges, Crypto
  # User also decrypts, Blob Data Contributor also deletes.
  rights = { for kind, thing in local.listed.actions : kind => [for listed in thing.rights : listed.right] }
  # Built-in roles by kind of thing, where no data action is narrower.
  roles = { for kind, thing in local.listed.roles : kind => [for listed in thing.rights : listed.right] }
}

resource "azurerm_role_definition" "rotator" {
  for_each = local.rights

  # A role's name is unique in the tenant.
  name        = "Secret rotator ${var.name}: ${each.key}"
  description = "docs/security.md of the secret rotator, What the service may do."
  scope       = local.resource_group_id

  permissions {
    data_actions = each.value
  }

  # Where it can be assigned: beside the rotator, and where the vaults are.
  assignable_scopes = distinct(concat(
    [local.resource_group_id, split("/providers/", var.signing_key_id)[0]],
    [for vault in var.vaults : split("/providers/", vault.id)[0]],
  ))
}

# Single secrets. The pending one's is given before there is such a secret: the right is the app's when it makes the first one.
resource "azurerm_role_assignment" "secret" {
  for_each = merge(
    { for entry in local.managed : "managed/${entry.vault}/${entry.secret}" => merge(entry, { kind = "managed" }) },
    { for entry in local.pending : "pending/${entry.vault}/${entry.secret}" => merge(entry, { kind = "pending" }) },
    { for entry in local.derived : "derived/${entry.vault}/${entry.secret}" => merge(entry, { kind = "derived" }) },
    { for entry in local.backed_up : "backup/${entry.vault}/${entry.secret}" => merge(entry, { kind = "backup" }) },
    { for entry in local.readable : "readable/${entry.vault}/${entry.secret}" => merge(entry, { kind = "readable" }) },
  )

  scope              = "${var.vaults[each.value.vault].id}/secrets/${each.value.secret}"
  role_definition_id = azurerm_role_definition.rotator[each.value.kind].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "vault" {
  for_each = var.vaults

  scope              = each.value.id
  role_definition_id = azurerm_role_definition.rotator["vault"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "key" {
  scope              = var.signing_key_id
  role_definition_id = azurerm_role_definition.rotator["key"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

# The public half of each; that it decrypts is a right of Flux's identity alone.
resource "azurerm_role_assignment" "recipient" {
  for_each = { for entry in local.recipients : "${entry.vault}/${entry.key}" => entry }

  scope              = "${var.vaults[each.value.vault].id}/keys/${each.value.key}"
  role_definition_id = azurerm_role_definition.rotator["recipient"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

# The app signs as the GitHub App; nobody reads that key.
resource "azurerm_role_assignment" "github_app" {
  for_each = { for entry in local.github_app_keys : "${entry.vault}/${entry.key}" => entry }

  scope              = "${var.vaults[each.value.vault].id}/keys/${each.value.key}"
  role_definition_id = azurerm_role_definition.rotator["gitHubApp"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "audit" {
  scope              = azurerm_storage_container.audit.id
  role_definition_id = azurerm_role_definition.rotator["audit"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "records" {
  scope              = azurerm_storage_container.records.id
  role_definition_id = azurerm_role_definition.rotator["records"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

# Adds backups there; what is there it neither reads nor replaces. Restoring is a person's right (docs/runbook.md).
resource "azurerm_role_assignment" "backups" {
  count = var.backups == null ? 0 : 1

  scope              = azurerm_storage_container.backups[0].id
  role_definition_id = azurerm_role_definition.rotator["backups"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.rotator.principal_id
  principal_type     = "ServicePrincipal"
}

# Sends to this rule alone; reading the result takes a right on the workspace.
resource "azurerm_role_assignment" "heads" {
  count = local.heads_in_logs ? 1 : 0

  scope                = azurerm_monitor_data_collection_rule.heads[0].id
  role_definition_name = local.roles.heads[0]
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}

# Sends to these topics, and reads nothing of them.
resource "azurerm_role_assignment" "topic" {
  for_each = var.notification_topics

  scope                = each.value
  role_definition_name = local.roles.topic[0]
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}

# The app's own log: its application insights take no key.
resource "azurerm_role_assignment" "telemetry" {
  scope                = azurerm_application_insights.rotator.id
  role_definition_name = local.roles.telemetry[0]
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}

# One task hub, not the scheduler. Worker does not do: the app also starts orchestrations and asks after them.
resource "azurerm_role_assignment" "task_hub" {
  count = local.scheduler ? 1 : 0

  scope                = azapi_resource.task_hub[0].id
  role_definition_name = local.roles.taskHub[0]
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}
