# Storage of the Functions host: its leases and keys, dead letters; orchestrations too where `durable_backend` is
# "azure-storage". And that of the package, which is a separate account.
# H1. The platform works for the app with separate identities: the app's own has no right on either account. Otherwise: anyone
#     who gets hold of one token of the app replaces the package, and reads the keys that open the host's own interfaces. Kept
#     by: test/unit/infra/rights.test.ts. (Code that runs as the app can ask the platform for a token of each identity: docs/security.md.)

locals {
  # An identity and an account each. `host` is the host's process (`AzureWebJobsStorage__clientId`), `package` the platform
  # when it takes in a package and when it starts the app.
  platform = {
    # Public, because Event Grid, which writes dead letters as the topic's identity, comes as a trusted service over the public
    # address. Everybody else is denied; the app comes by private endpoint.
    host    = { account = "host", public = true }
    package = { account = "pkg", public = false }
  }
}

resource "azurerm_user_assigned_identity" "platform" {
  for_each = local.platform

  name                = "id-${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_storage_account" "platform" {
  for_each = local.platform

  name                = "st${replace(var.name, "-", "")}${each.value.account}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  account_tier             = "Standard"
  account_replication_type = "ZRS"

  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  min_tls_version                 = "TLS1_2"
  public_network_access_enabled   = each.value.public

  dynamic "network_rules" {
    for_each = each.value.public ? [each.key] : []
    content {
      default_action = "Deny"
      bypass         = ["AzureServices"]
    }
  }
}

resource "azurerm_storage_container" "package" {
  name               = "package"
  storage_account_id = azurerm_storage_account.platform["package"].id
}

resource "azurerm_storage_container" "dead_letters" {
  name               = "dead-letters"
  storage_account_id = azurerm_storage_account.platform["host"].id
}

# These rights are here and not with the app's: they must be there before it starts.
resource "azurerm_role_assignment" "host_blobs" {
  scope                = azurerm_storage_account.platform["host"].id
  role_definition_name = local.roles.host[0]
  principal_id         = azurerm_user_assigned_identity.platform["host"].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "host_task_hub" {
  for_each = local.scheduler ? toset([]) : toset(local.roles.hostTaskHub)

  scope                = azurerm_storage_account.platform["host"].id
  role_definition_name = each.key
  principal_id         = azurerm_user_assigned_identity.platform["host"].principal_id
  principal_type       = "ServicePrincipal"
}

# Not to read alone: the platform also puts the package there that is sent to the deployment site.
resource "azurerm_role_assignment" "package" {
  scope                = azurerm_storage_container.package.id
  role_definition_name = local.roles.package[0]
  principal_id         = azurerm_user_assigned_identity.platform["package"].principal_id
  principal_type       = "ServicePrincipal"
}

# What the collector of traces wants as a key: this one secret. The app gets its value with its settings, and has no right on the secret.
resource "azurerm_role_assignment" "collector_headers" {
  count = var.otlp_headers_secret_id == null ? 0 : 1

  scope              = var.otlp_headers_secret_id
  role_definition_id = azurerm_role_definition.rotator["readable"].role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.platform["package"].principal_id
  principal_type     = "ServicePrincipal"
}

# Each was a resource of its own: without these, an installation would lose its accounts and make others.
moved {
  from = azurerm_user_assigned_identity.host
  to   = azurerm_user_assigned_identity.platform["host"]
}

moved {
  from = azurerm_user_assigned_identity.package
  to   = azurerm_user_assigned_identity.platform["package"]
}

moved {
  from = azurerm_storage_account.host
  to   = azurerm_storage_account.platform["host"]
}

moved {
  from = azurerm_storage_account.package
  to   = azurerm_storage_account.platform["package"]
}
