# One network, closed: private endpoints for vault and storage, the database in its own subnet, a private cluster. Traffic leaves
# it through one NAT gateway, whose address the scheduler lets in.

resource "azurerm_resource_group" "titanic" {
  name     = "rg-titanic-${var.environment_name}"
  location = var.location
  tags     = { "azd-env-name" = var.environment_name }
}

resource "azurerm_virtual_network" "titanic" {
  name                = "vnet-titanic"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
  address_space       = ["10.20.0.0/16"]
}

locals {
  subnets = {
    # No "_" in the app's subnet's name, and nothing else in it.
    rotator   = { range = "10.20.0.0/26", delegation = "Microsoft.App/environments" }
    database  = { range = "10.20.0.64/27", delegation = "Microsoft.DBforPostgreSQL/flexibleServers" }
    endpoints = { range = "10.20.0.128/26", delegation = null }
    cluster   = { range = "10.20.4.0/22", delegation = null }
  }

  # The zones' names are Azure's.
  private_dns_zones = {
    vault    = "privatelink.vaultcore.azure.net"
    blob     = "privatelink.blob.core.windows.net"
    database = "titanic-${var.environment_name}.private.postgres.database.azure.com"
  }
}

resource "azurerm_subnet" "titanic" {
  for_each = local.subnets

  name                 = each.key
  resource_group_name  = azurerm_resource_group.titanic.name
  virtual_network_name = azurerm_virtual_network.titanic.name
  address_prefixes     = [each.value.range]

  dynamic "delegation" {
    for_each = each.value.delegation == null ? [] : [each.value.delegation]
    content {
      name = "delegation"
      service_delegation {
        name    = delegation.value
        actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
      }
    }
  }
}

resource "azurerm_public_ip" "egress" {
  name                = "pip-titanic-egress"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
  allocation_method   = "Static"
  sku                 = "Standard"
}

resource "azurerm_nat_gateway" "egress" {
  name                = "ng-titanic"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
  sku_name            = "Standard"
}

resource "azurerm_nat_gateway_public_ip_association" "egress" {
  nat_gateway_id       = azurerm_nat_gateway.egress.id
  public_ip_address_id = azurerm_public_ip.egress.id
}

resource "azurerm_subnet_nat_gateway_association" "egress" {
  for_each = toset(["rotator", "cluster"])

  subnet_id      = azurerm_subnet.titanic[each.key].id
  nat_gateway_id = azurerm_nat_gateway.egress.id
}

resource "azurerm_private_dns_zone" "titanic" {
  for_each = local.private_dns_zones

  name                = each.value
  resource_group_name = azurerm_resource_group.titanic.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "titanic" {
  for_each = azurerm_private_dns_zone.titanic

  name                = "titanic"
  private_dns_zone_id = each.value.id
  virtual_network_id  = azurerm_virtual_network.titanic.id
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-titanic-vault"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
  subnet_id           = azurerm_subnet.titanic["endpoints"].id

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.titanic.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.titanic["vault"].id]
  }
}
