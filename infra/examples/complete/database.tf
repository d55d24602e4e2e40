# PostgreSQL, in its own subnet. Passwords for the workload's role, Entra for people.

resource "azurerm_postgresql_flexible_server" "titanic" {
  name                = "titanic-${var.environment_name}"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location

  version    = "17"
  sku_name   = "B_Standard_B1ms"
  storage_mb = 32768

  administrator_login               = "titanic_admin"
  administrator_password_wo         = ephemeral.random_password.database.result
  administrator_password_wo_version = 1

  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = true
    tenant_id                     = data.azurerm_client_config.current.tenant_id
  }

  public_network_access_enabled = false
  delegated_subnet_id           = azurerm_subnet.titanic["database"].id
  private_dns_zone_id           = azurerm_private_dns_zone.titanic["database"].id

  lifecycle {
    # The rotator sets the password from now on. The zone is Azure's choice.
    ignore_changes = [administrator_password_wo_version, zone]
  }

  depends_on = [azurerm_private_dns_zone_virtual_network_link.titanic]
}

resource "azurerm_postgresql_flexible_server_database" "titanic" {
  name      = "titanic"
  server_id = azurerm_postgresql_flexible_server.titanic.id
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "people" {
  server_name         = azurerm_postgresql_flexible_server.titanic.name
  resource_group_name = azurerm_resource_group.titanic.name
  tenant_id           = data.azurerm_client_config.current.tenant_id
  object_id           = var.database_administrators.object_id
  principal_name      = var.database_administrators.name
  principal_type      = "Group"
}
