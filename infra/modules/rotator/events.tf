# Event Grid: what the vaults tell of the managed secrets.

resource "azurerm_eventgrid_system_topic" "vault" {
  for_each = { for name, vault in var.vaults : name => vault if vault.event_grid_topic == null }

  name                = "evgt-${var.name}-${each.key}"
  resource_group_name = split("/", each.value.id)[4]
  location            = each.value.location
  source_resource_id  = each.value.id
  topic_type          = "Microsoft.KeyVault.vaults"
  tags                = var.tags

  identity {
    type = "SystemAssigned"
  }
}
