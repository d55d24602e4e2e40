# The identity that the app has everywhere.

resource "azurerm_user_assigned_identity" "rotator" {
  name                = "id-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

data "azurerm_client_config" "current" {}

# By azapi: azurerm's own resource puts an AzureWebJobsStorage without a key among the settings, which the host prefers to
# the identity's (docs/adr/0009).
resource "azapi_resource" "rotator" {
  type      = "Microsoft.Web/sites@2024-11-01"
  name      = "func-${var.name}"
  parent_id = "/subscriptions/${data.azurerm_client_config.current.subscription_id}/resourceGroups/${var.resource_group_name}"
  location  = var.location
  tags      = merge(var.tags, { "azd-service-name" = "rotator" })

  body = {}
}

resource "azurerm_application_insights" "rotator" {
  name                         = "appi-${var.name}"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  workspace_id                 = var.log_analytics_workspace_id
  application_type             = "Node.JS"
  local_authentication_enabled = false
  tags                         = var.tags
}
