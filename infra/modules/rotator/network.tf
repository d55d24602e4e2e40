# Private endpoints of the rotator's own storage. Vaults, servers and clusters bring theirs: they are not this module's.

locals {
  # A task hub in the host's account needs its queues and tables too.
  endpoints = merge(
    {
      audit-blob   = { account = azurerm_storage_account.audit.id, part = "blob" }
      host-blob    = { account = azurerm_storage_account.platform["host"].id, part = "blob" }
      package-blob = { account = azurerm_storage_account.platform["package"].id, part = "blob" }
    },
    var.backups == null ? {} : {
      backups-blob = { account = azurerm_storage_account.backups[0].id, part = "blob" }
    },
    local.scheduler ? {} : {
      host-queue = { account = azurerm_storage_account.platform["host"].id, part = "queue" }
      host-table = { account = azurerm_storage_account.platform["host"].id, part = "table" }
    },
  )
}

resource "azurerm_private_endpoint" "storage" {
  for_each = local.endpoints

  name                = "pe-${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = var.network.endpoint_subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = each.key
    private_connection_resource_id = each.value.account
    subresource_names              = [each.value.part]
    is_manual_connection           = false
  }

  # Without zones given, the names are registered by the organisation's own means (Azure Policy, its DNS).
  dynamic "private_dns_zone_group" {
    for_each = contains(keys(var.network.private_dns_zone_ids), each.value.part) ? [each.value.part] : []
    content {
      name                 = "default"
      private_dns_zone_ids = [var.network.private_dns_zone_ids[private_dns_zone_group.value]]
    }
  }
}
