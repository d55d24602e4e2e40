# What a person is woken for. docs/runbook.md, "Alerts", says of each what it means and what to run.
# AL1. Each query lives in alerts/<name>.kql, and says how things stand now, not what happened: it goes on finding what is wrong
#      until that is right again. So alerts resolve themselves, and an evaluation that was late misses nothing.
#      Kept by: alerts.test.ts, which runs each query over what the app writes.
# AL2. The window is longer than the day between two sweeps. Otherwise: what only the sweep sees is forgotten every night.

locals {
  # By secret: one alert each, so that it names the secret.
  alerts = {
    rotation-failed = {
      severity = 2
      by       = ["secret", "outcome", "code"]
      says     = "The last rotation or reconciliation of a secret was refused, compensated or interrupted."
    }
    rotation-long = {
      severity = 2
      by       = ["secret", "request", "retrying"]
      says     = "A rotation, a delivery or a reconciliation has run for longer than it may take."
    }
    published-not-delivered = {
      severity = 1
      by       = ["secret", "code"]
      says     = "A new password is live, and some consumer has not got it: its new logins fail."
    }
    secret-overdue = {
      severity = 2
      by       = ["secret", "state"]
      says     = "A secret is overdue or expired, or cannot be read."
    }
    drift = {
      severity = 2
      by       = ["secret", "drift"]
      says     = "A secret, its database, a derived secret or a pod is not as the last rotation left it."
    }
    break-glass = {
      severity = 1
      by       = ["secret", "operator"]
      says     = "Somebody has gone without the approval that a secret needs."
    }
    audit-broken = {
      severity = 0
      by       = ["code"]
      says     = "The audit log is broken or may not be written: nothing rotates."
    }
    head-unsigned = {
      severity = 2
      by       = ["unsigned"]
      says     = "The audit log's head is not signed, or not kept in both places."
    }
    backup-missing = {
      severity = 2
      by       = ["secret", "state", "code"]
      says     = "A secret has no backup of its live version, or only one that is about to be deleted."
    }
    notifications-lost = {
      severity = 3
      by       = ["channel", "code"]
      says     = "A channel did not get a notification in three days of tries."
    }
    no-sweep = {
      severity = 1
      by       = []
      says     = "No sweep has come to its end for 26 hours."
    }
  }

  # From what the app writes, and from what the vaults' own logs say (readers.tf).
  queries = merge(
    { for name, alert in local.alerts : name => merge(alert, { query = "${local.notices}${file("${path.module}/alerts/${name}.kql")}" }) },
    local.reader_alerts,
  )

  notices = templatefile("${path.module}/alerts/notices.kql", { app = azapi_resource.rotator.name })
}

resource "azurerm_monitor_action_group" "operators" {
  name                = "ag-${var.name}"
  resource_group_name = var.resource_group_name
  short_name          = "rotator"
  tags                = var.tags

  dynamic "email_receiver" {
    for_each = var.alert_receivers

    content {
      name                    = email_receiver.key
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "notice" {
  for_each = local.queries

  name                = "alert-${var.name}-${each.key}"
  display_name        = "${var.name}: ${each.key}"
  description         = "${each.value.says} See docs/runbook.md, Alerts, ${each.key}."
  resource_group_name = var.resource_group_name
  location            = coalesce(var.log_analytics_location, var.location)
  tags                = var.tags

  scopes               = [var.log_analytics_workspace_id]
  severity             = each.value.severity
  evaluation_frequency = "PT15M"
  window_duration      = "P2D"
  # A query says how things stand: once it finds nothing more, it is over.
  auto_mitigation_enabled = true
  # A table is there only once something has written to it; what the queries say is checked by alerts.test.ts and readers.test.ts.
  skip_query_validation = true

  criteria {
    query                   = each.value.query
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0

    dynamic "dimension" {
      for_each = each.value.by

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

# Event Grid gave an event up. By metric: it does not pass the app, which therefore writes nothing of it.
resource "azurerm_monitor_metric_alert" "dead_letters" {
  for_each = local.topics

  name                = "alert-${var.name}-dead-letters-${each.key}"
  description         = "Events of vault ${each.key} could not be delivered to the rotator. See docs/runbook.md, Alerts, dead-letters."
  resource_group_name = var.resource_group_name
  tags                = var.tags

  scopes      = [each.value.id]
  severity    = 2
  frequency   = "PT15M"
  window_size = "PT1H"
  # A dead letter lies where it is; the alert is over when there are no new ones.
  auto_mitigate = true

  criteria {
    metric_namespace = "Microsoft.EventGrid/systemTopics"
    metric_name      = "DeadLetteredCount"
    aggregation      = "Total"
    operator         = "GreaterThan"
    threshold        = 0

    # The topic may have other subscriptions than the rotator's (events.tf).
    dimension {
      name     = "EventSubscriptionName"
      operator = "StartsWith"
      values   = ["evgs-${var.name}-"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.operators.id
  }
}
