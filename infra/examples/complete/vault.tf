# The vault with the three secrets of the guide, and the key that signs the audit log's head.
# VA1. Terraform makes the first version of a secret and never another one. Otherwise: an apply after a rotation publishes the old
#      password. Kept by: `value_wo` (not in state) and `ignore_changes`.

data "azurerm_client_config" "current" {}

resource "azurerm_key_vault" "titanic" {
  name                = "titanic-kv-${var.environment_name}"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
  tenant_id           = data.azurerm_client_config.current.tenant_id
  sku_name            = "standard"

  rbac_authorization_enabled = true
  purge_protection_enabled   = true

  # From the network by private endpoint; from outside only the machine that runs this.
  public_network_access_enabled = true
  network_acls {
    bypass         = "None"
    default_action = "Deny"
    ip_rules       = compact(split(",", var.deployer_ranges))
  }
}

# The person who runs this writes the first secrets. Take the right away afterwards.
resource "azurerm_role_assignment" "vault_owner" {
  scope                = azurerm_key_vault.titanic.id
  role_definition_name = "Key Vault Administrator"
  principal_id         = data.azurerm_client_config.current.object_id
}

# A new right is not a right at once: the vault answers 403 for some minutes.
resource "time_sleep" "vault_owner" {
  create_duration = "180s"
  triggers        = { right = azurerm_role_assignment.vault_owner.id }
}

ephemeral "random_password" "database" {
  length  = 32
  special = false
}

ephemeral "random_password" "flask" {
  length  = 48
  special = false
}

resource "time_static" "made" {}

locals {
  secrets = {
    db-password = {
      value       = ephemeral.random_password.database.result
      sensitivity = "critical"
    }
    db-connection-string = {
      value       = "postgresql://titanic_admin:${ephemeral.random_password.database.result}@${azurerm_postgresql_flexible_server.titanic.fqdn}:5432/titanic?sslmode=require"
      sensitivity = "critical"
    }
    flask-secret-key = {
      value       = ephemeral.random_password.flask.result
      sensitivity = "high"
    }
  }
}

resource "azurerm_key_vault_secret" "titanic" {
  for_each = toset(["db-password", "db-connection-string", "flask-secret-key"])

  name             = each.key
  key_vault_id     = azurerm_key_vault.titanic.id
  value_wo         = local.secrets[each.key].value
  value_wo_version = 1
  content_type     = "text/plain"
  expiration_date  = timeadd(time_static.made.rfc3339, "2160h") # 90 days

  tags = {
    application = "titanic-api"
    environment = "production"
    sensitivity = local.secrets[each.key].sensitivity
    rotation    = "90days"
  }

  lifecycle {
    ignore_changes = [value_wo_version, expiration_date, tags, content_type]
  }

  depends_on = [time_sleep.vault_owner]
}

resource "azurerm_key_vault_key" "audit_head" {
  name         = "audit-head"
  key_vault_id = azurerm_key_vault.titanic.id
  key_type     = "EC"
  curve        = "P-256"
  key_opts     = ["sign", "verify"]

  depends_on = [time_sleep.vault_owner]
}
