# The second store of the audit log's signed heads: a Log Analytics table, or a blob container in an account of others.
# HS1. Its owner does not own the audit storage. Otherwise: anyone who rewrites the log rewrites the copy too, and
#      `audit:verify` finds nothing.

locals {
  heads_in_logs = var.audit_copy_container_url == null
  heads_table   = "AuditHeads_CL"
  heads_stream  = "Custom-${local.heads_table}"
  # What src/lib/adapters/monitor/heads.ts sends.
  heads_columns = {
    TimeGenerated = "datetime"
    Log           = "string"
    Seq           = "long"
    Hash          = "string"
    Key           = "string"
    Jws           = "string"
  }

  heads_settings = {
    AUDIT_COPY_CONTAINER_URL = local.heads_in_logs ? "" : var.audit_copy_container_url
    AUDIT_COPY_LOGS_ENDPOINT = local.heads_in_logs ? azurerm_monitor_data_collection_endpoint.heads[0].logs_ingestion_endpoint : ""
    AUDIT_COPY_LOGS_RULE_ID  = local.heads_in_logs ? azurerm_monitor_data_collection_rule.heads[0].immutable_id : ""
    AUDIT_COPY_LOGS_STREAM   = local.heads_in_logs ? local.heads_stream : ""
  }
}

resource "azurerm_log_analytics_workspace_table_custom_log" "heads" {
  count = local.heads_in_logs ? 1 : 0

  name         = local.heads_table
  workspace_id = var.log_analytics_workspace_id
  description  = "Signed heads of the rotator's audit log: npm run audit:verify compares them with the log."

  # At least as long as the log itself is kept; Log Analytics knows these steps.
  total_retention_in_days = var.audit_retention_days <= 730 ? max(var.audit_retention_days, 30) : 4383

  dynamic "column" {
    for_each = local.heads_columns
    content {
      name = column.key
      type = column.value
    }
  }
}

resource "azurerm_monitor_data_collection_endpoint" "heads" {
  count = local.heads_in_logs ? 1 : 0

  name                = "dce-${var.name}"
  resource_group_name = var.resource_group_name
  location            = coalesce(var.log_analytics_location, var.location)
  tags                = var.tags

  # Ingestion takes Entra tokens with a right on the rule. Private ingestion needs an Azure Monitor Private Link Scope, which
  # is one for a whole network and so not this module's to make.
  public_network_access_enabled = true
}

resource "azurerm_monitor_data_collection_rule" "heads" {
  count = local.heads_in_logs ? 1 : 0

  name                        = "dcr-${var.name}"
  resource_group_name         = var.resource_group_name
  location                    = coalesce(var.log_analytics_location, var.location)
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.heads[0].id
  tags                        = var.tags

  stream_declaration {
    stream_name = local.heads_stream
    dynamic "column" {
      for_each = local.heads_columns
      content {
        name = column.key
        type = column.value
      }
    }
  }

  data_flow {
    streams       = [local.heads_stream]
    output_stream = local.heads_stream
    destinations  = ["workspace"]
    transform_kql = "source"
  }

  destinations {
    log_analytics {
      name                  = "workspace"
      workspace_resource_id = var.log_analytics_workspace_id
    }
  }

  # The rule refuses a stream whose table is not there.
  depends_on = [azurerm_log_analytics_workspace_table_custom_log.heads]
}
