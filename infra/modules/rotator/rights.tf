# What the app's identity may do: exactly what it was seen to use, on single secrets, containers and keys.
# R1. No right is wider than a row of the table in docs/security.md, "What the service may do". Otherwise: whoever gets hold of
#     the identity gets more than the passwords that it rotates. Kept by: rights.test.ts (table, this module and the local stack
#     agree) and test/e2e/rights.test.ts (the local stack's are used, each of them, and suffice).
# The platform's identities and their rights are in host.tf.

locals {
  # Data actions by kind of thing. No built-in role is as narrow: Secrets User also lists, Secrets Officer also purges, Crypto
  # User also decrypts, Blob Data Contributor also deletes.
  rights = {
    # The last two are a reconciliation's: what was disabled or deleted by hand is brought back.
    managed = [
      "Microsoft.KeyVault/vaults/secrets/getSecret/action",
      "Microsoft.KeyVault/vaults/secrets/setSecret/action",
      "Microsoft.KeyVault/vaults/secrets/update/action",
      "Microsoft.KeyVault/vaults/secrets/recover/action",
    ]
    pending = [
      "Microsoft.KeyVault/vaults/secrets/getSecret/action",
      "Microsoft.KeyVault/vaults/secrets/setSecret/action",
      "Microsoft.KeyVault/vaults/secrets/update/action",
      "Microsoft.KeyVault/vaults/secrets/recover/action",
    ]
    derived = [
      "Microsoft.KeyVault/vaults/secrets/getSecret/action",
      "Microsoft.KeyVault/vaults/secrets/setSecret/action",
      "Microsoft.KeyVault/vaults/secrets/recover/action",
    ]
    readable = ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]
    # Lists are the vault's: there is no narrower scope. Names, tags and dates of all its secrets, no value.
    vault = ["Microsoft.KeyVault/vaults/secrets/readMetadata/action"]
    # Not to read it: that is a verifier's right.
    key = ["Microsoft.KeyVault/vaults/keys/sign/action"]
    # Creates blobs and appends to them. Without blobs/write nothing there can be written over, without blobs/delete not removed,
    # whether or not the immutability policy is locked.
    audit = [
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
    ]
    # The last rotation and the last report are written over: that is blobs/write, and there is no narrower right for it.
    records = [
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
    ]
  }
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

# Sends to this rule alone; reading what came of it takes a right on the workspace.
resource "azurerm_role_assignment" "heads" {
  count = local.heads_in_logs ? 1 : 0

  scope                = azurerm_monitor_data_collection_rule.heads[0].id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}

# The app's own log: its application insights take no key.
resource "azurerm_role_assignment" "telemetry" {
  scope                = azurerm_application_insights.rotator.id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}

# One task hub, not the scheduler. Worker does not do: the app also starts orchestrations and asks after them.
resource "azurerm_role_assignment" "task_hub" {
  count = local.scheduler ? 1 : 0

  scope                = azapi_resource.task_hub[0].id
  role_definition_name = "Durable Task Data Contributor"
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}
