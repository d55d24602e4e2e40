# The audit log and the records of rotations.
# A1. What is on the audit log can be appended to, and neither changed nor deleted, by anybody. Otherwise: anyone who may
#     write the container also decides what happened. Unlocked (`audit_locked = false`) the policy protects nothing: it is
#     for environments that are thrown away.

resource "azurerm_storage_account" "audit" {
  name                = "st${replace(var.name, "-", "")}aud"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  account_tier             = "Standard"
  account_replication_type = var.audit_replication

  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  min_tls_version                 = "TLS1_2"
  public_network_access_enabled   = false

  blob_properties {
    # The policy keeps blobs; versions keep what was in records/, which the app rewrites.
    versioning_enabled = true
    delete_retention_policy {
      days = 30
    }
    container_delete_retention_policy {
      days = 30
    }
  }
}

resource "azurerm_storage_container" "audit" {
  name               = "audit"
  storage_account_id = azurerm_storage_account.audit.id
}

resource "azurerm_storage_container_immutability_policy" "audit" {
  storage_container_resource_manager_id = azurerm_storage_container.audit.id
  immutability_period_in_days           = var.audit_retention_days
  # Appending to append blobs, and nothing else.
  protected_append_writes_enabled = true
  locked                          = var.audit_locked
}

resource "azurerm_storage_container" "records" {
  name               = "records"
  storage_account_id = azurerm_storage_account.audit.id
}

# The last report and the last rotation of a secret are written over; what they were before is kept for a quarter.
resource "azurerm_storage_management_policy" "records" {
  storage_account_id = azurerm_storage_account.audit.id

  rule {
    name    = "earlier-records"
    enabled = true

    filters {
      blob_types   = ["blockBlob"]
      prefix_match = ["${azurerm_storage_container.records.name}/"]
    }

    actions {
      version {
        delete_after_days_since_creation = 90
      }
    }
  }
}
