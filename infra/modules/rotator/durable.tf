# Where orchestrations live: a Durable Task Scheduler, or the host's own storage account.
# D1. host.json in the package names the same kind of storage as `durable_backend`: infra/package.ts writes it. An app setting
#     that overrides host.json would do for the host, but not for the platform's scale controller, which gets what the file
#     says (functions-host, FunctionsSyncManager): an app that has scaled to zero would sleep through its timers.

locals {
  scheduler = var.durable_backend == "durable-task-scheduler"
  # `hubName` of host.json.
  task_hub = "TitanicRotator"

  durable_settings = {
    for scheduler in azapi_resource.scheduler[*] : "DURABLE_TASK_SCHEDULER_CONNECTION_STRING" =>
    "Endpoint=${scheduler.output.endpoint};Authentication=ManagedIdentity;ClientID=${azurerm_user_assigned_identity.rotator.client_id};TaskHub=${local.task_hub}"
  }
}

resource "azapi_resource" "scheduler" {
  count = local.scheduler ? 1 : 0

  type      = "Microsoft.DurableTask/schedulers@2026-02-01"
  name      = "dts-${var.name}"
  parent_id = local.resource_group_id
  location  = var.location
  tags      = var.tags

  body = {
    properties = {
      sku = { name = "Consumption" }
      # Entra tokens only, from the addresses by which the app's subnet leaves the network. Nobody else: [] would deny all.
      ipAllowlist = var.network.egress_ranges
    }
  }

  response_export_values = { endpoint = "properties.endpoint" }
}

resource "azapi_resource" "task_hub" {
  count = local.scheduler ? 1 : 0

  type      = "Microsoft.DurableTask/schedulers/taskHubs@2026-02-01"
  name      = local.task_hub
  parent_id = azapi_resource.scheduler[0].id
  body      = { properties = {} }
}
