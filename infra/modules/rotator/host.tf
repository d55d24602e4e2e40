# Storage of the Functions host: its leases and keys, the deployed package, dead letters; orchestrations too where
# `durable_backend` is "azure-storage".

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

resource "azurerm_storage_container" "package" {
  name               = "package"
  storage_account_id = azurerm_storage_account.host.id
}

resource "azurerm_storage_container" "dead_letters" {
  name               = "dead-letters"
  storage_account_id = azurerm_storage_account.host.id
}

# Rights on the host's own storage are here and not with the others: the app must have them before it starts.
resource "azurerm_role_assignment" "host_blobs" {
  scope                = azurerm_storage_account.host.id
  role_definition_name = "Storage Blob Data Owner"
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "host_task_hub" {
  for_each = local.scheduler ? toset([]) : toset(["Storage Queue Data Contributor", "Storage Table Data Contributor"])

  scope                = azurerm_storage_account.host.id
  role_definition_name = each.key
  principal_id         = azurerm_user_assigned_identity.rotator.principal_id
  principal_type       = "ServicePrincipal"
}
