# Key Vault's own backups of the managed and derived secrets, where `backups` is given (docs/adr/0028-backups-are-made-behind-rotations.md).
# BK1. The app adds to the container and does nothing else there, and nobody replaces or deletes a backup before its time.
#      Otherwise: anyone who destroys the secrets destroys what they would be restored from. Unlocked the policy protects nothing.
# BK2. The account is for backups alone. Otherwise: a role that was given to read the audit log reads them as well, and anyone
# who reads one and may restore secrets into any vault of the subscription has the passwords.

resource "azurerm_storage_account" "backups" {
  count = var.backups == null ? 0 : 1

  name                = "st${replace(var.name, "-", "")}bak"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  account_tier             = "Standard"
  account_replication_type = var.backups.replication

  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  min_tls_version                 = "TLS1_2"
  public_network_access_enabled   = false

  blob_properties {
    delete_retention_policy {
      days = 30
    }
    container_delete_retention_policy {
      days = 30
    }
  }
}

resource "azurerm_storage_container" "backups" {
  count = var.backups == null ? 0 : 1

  name               = "backups"
  storage_account_id = azurerm_storage_account.backups[0].id
}

resource "azurerm_storage_container_immutability_policy" "backups" {
  count = var.backups == null ? 0 : 1

  storage_container_resource_manager_id = azurerm_storage_container.backups[0].id
  immutability_period_in_days           = var.backups.keepDays
  locked                                = var.backups.locked
}

# When a backup may be deleted, it is: the configuration's `keepDays` says the same, and the app makes the next one at half of it.
resource "azurerm_storage_management_policy" "backups" {
  count = var.backups == null ? 0 : 1

  storage_account_id = azurerm_storage_account.backups[0].id

  rule {
    name    = "kept-long-enough"
    enabled = true

    filters {
      blob_types   = ["blockBlob"]
      prefix_match = ["${azurerm_storage_container.backups[0].name}/"]
    }

    actions {
      base_blob {
        delete_after_days_since_creation_greater_than = var.backups.keepDays
      }
    }
  }
}
