# Storage of the Functions host: its leases and keys, the deployed package, dead letters; the task hub too where
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
}

resource "azurerm_storage_container" "package" {
  name               = "package"
  storage_account_id = azurerm_storage_account.host.id
}

resource "azurerm_storage_container" "dead_letters" {
  name               = "dead-letters"
  storage_account_id = azurerm_storage_account.host.id
}
