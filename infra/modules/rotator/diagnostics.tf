# What the platform itself saw, in the workspace: the vaults' calls are what the audit log is compared with.

locals {
  diagnostics = merge(
    # Azure refuses a second setting that sends the same to the same workspace: hence `diagnostics = false`.
    {
      for name, vault in var.vaults : "vault-${name}" => { id = vault.id, logs = ["AuditEvent"] } if vault.diagnostics
    },
    { for name, topic in local.topics : "topic-${name}" => { id = topic.id, logs = ["DeliveryFailures"] } },
    {
      for name, server in var.servers : "server-${name}" => { id = server.id, logs = ["PostgreSQLLogs"] } if server.diagnostics
    },
    {
      app     = { id = azapi_resource.rotator.id, logs = ["FunctionAppLogs"] }
      package = { id = "${azurerm_storage_account.platform["package"].id}/blobServices/default", logs = ["StorageWrite", "StorageDelete"] }
      audit   = { id = "${azurerm_storage_account.audit.id}/blobServices/default", logs = ["StorageRead", "StorageWrite", "StorageDelete"] }
    },
  )
}

# `log_analytics_destination_type` is left out: vaults do not keep it, and every plan would want to set it again.
resource "azurerm_monitor_diagnostic_setting" "rotator" {
  for_each = local.diagnostics

  name                       = "diag-${var.name}"
  target_resource_id         = each.value.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  dynamic "enabled_log" {
    for_each = each.value.logs
    content {
      category = enabled_log.value
    }
  }

  enabled_metric {
    category = "AllMetrics"
  }
}
