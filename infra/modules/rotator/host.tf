# Storage of the Functions host: its leases and keys, dead letters; orchestrations too where `durable_backend` is
# "azure-storage". And that of the package, which is an account of its own.
# H1. What the platform does for the app, it does as identities of its own: the app's has no right on either account. Otherwise:
#     whoever gets hold of one token of the app replaces the package, and reads the keys that open the host's own interfaces.
#     Kept by: test/unit/infra/rights.test.ts. (Code that runs as the app can ask the platform for a token of each identity: docs/security.md.)

# The host's process: `AzureWebJobsStorage__clientId`.
resource "azurerm_user_assigned_identity" "host" {
  name                = "id-${var.name}-host"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

# The platform, when it takes in a package and when it starts the app.
resource "azurerm_user_assigned_identity" "package" {
  name                = "id-${var.name}-package"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_storage_account" "host" {
  name                = "st${replace(var.name, "-", "")}host"
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

  # Public access is on because Event Grid, which writes dead letters as the topic's identity, comes as a trusted service over
  # the public address. Everybody else is denied; the app comes by private endpoint.
  public_network_access_enabled = true
  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }
}

resource "azurerm_storage_account" "package" {
  name                = "st${replace(var.name, "-", "")}pkg"
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
  public_network_access_enabled   = false
}

resource "azurerm_storage_container" "package" {
  name               = "package"
  storage_account_id = azurerm_storage_account.package.id
}

resource "azurerm_storage_container" "dead_letters" {
  name               = "dead-letters"
  storage_account_id = azurerm_storage_account.host.id
}

# These rights are here and not with the app's: they must be there before it starts.
resource "azurerm_role_assignment" "host_blobs" {
  scope                = azurerm_storage_account.host.id
  role_definition_name = local.roles.host[0]
  principal_id         = azurerm_user_assigned_identity.host.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "host_task_hub" {
  for_each = local.scheduler ? toset([]) : toset(local.roles.hostTaskHub)

  scope                = azurerm_storage_account.host.id
  role_definition_name = each.key
  principal_id         = azurerm_user_assigned_identity.host.principal_id
  principal_type       = "ServicePrincipal"
}

# Not to read alone: the platform also puts the package there that is sent to the deployment site.
resource "azurerm_role_assignment" "package" {
  scope                = azurerm_storage_container.package.id
  role_definition_name = local.roles.package[0]
  principal_id         = azurerm_user_assigned_identity.package.principal_id
  principal_type       = "ServicePrincipal"
}
