# Who reads a managed secret, as the vault itself has logged it, and is not expected to.
# RD1. With a secret its derived ones are watched, which the same readers may read, and its pending one, which the rotator alone may.
#      Otherwise: the value is read where nobody looks. Kept by: test/unit/infra/readers.test.ts, tests/rotator.tftest.hcl.
# RD2. A reader of whom the log does not say who it is, is an unknown one. Kept by: test/unit/infra/readers.test.ts.

locals {
  rotator_id = azurerm_user_assigned_identity.rotator.principal_id

  # Each: the secret as the query calls it, and who may read it besides the rotator.
  watched = flatten([
    for id, readers in var.known_readers : [
      for secret in concat(
        [{ name = coalesce(var.secrets[id].name, id), readers = values(readers) }],
        [{ name = "${coalesce(var.secrets[id].name, id)}-pending", readers = [] }],
        [for derived in var.secrets[id].derived : { name = derived.secret, readers = values(readers) }],
        ) : {
        place   = lower("${split(".", split("/", var.vaults[var.secrets[id].vault].url)[2])[0]}/${secret.name}")
        readers = concat([local.rotator_id], secret.readers)
      }
    ]
  ])

  readers = templatefile("${path.module}/readers.kql", {
    secrets = trim(jsonencode(local.watched[*].place), "[]")
    known   = trim(jsonencode(flatten([for one in local.watched : [for reader in one.readers : lower("${one.place} ${reader}")]])), "[]")
  })
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "reader" {
  # Nobody is unknown where nobody was said to be known.
  count = length(var.known_readers) > 0 ? 1 : 0

  name                = "alert-${var.name}-unknown-reader"
  display_name        = "${var.name}: unknown-reader"
  description         = "A managed secret was read by an identity that is not among its known readers. See docs/runbook.md, Alerts, unknown-reader."
  resource_group_name = var.resource_group_name
  location            = coalesce(var.log_analytics_location, var.location)
  tags                = var.tags

  scopes               = [var.log_analytics_workspace_id]
  severity             = 1
  evaluation_frequency = "PT15M"
  window_duration      = "P2D"

  auto_mitigation_enabled = true
  # A table is there only once a vault has written to it; what the query says is checked by readers.test.ts.
  skip_query_validation = true

  criteria {
    query                   = local.readers
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0

    dynamic "dimension" {
      for_each = ["secret", "reader"]

      content {
        name     = dimension.value
        operator = "Include"
        values   = ["*"]
      }
    }

    failing_periods {
      minimum_failing_periods_to_trigger_alert = 1
      number_of_evaluation_periods             = 1
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}
