# terraform -chdir=infra/modules/rotator test: plans against invented providers, no cloud.

mock_provider "azapi" {
  mock_resource "azapi_resource" {
    defaults = {
      id     = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Web/sites/func-titanic-rotator"
      output = { host_name = "func-titanic-rotator.azurewebsites.net", endpoint = "https://dts-titanic-rotator.westeurope.durabletask.io" }
    }
  }
}

mock_provider "azurerm" {
  mock_resource "azurerm_user_assigned_identity" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-titanic-rotator"
      client_id    = "00000000-0000-0000-0000-00000000c11e"
      principal_id = "00000000-0000-0000-0000-00000000c11f"
    }
  }
  mock_resource "azurerm_service_plan" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Web/serverFarms/asp-titanic-rotator" }
  }
  mock_resource "azurerm_storage_account" {
    defaults = {
      id                    = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Storage/storageAccounts/sttitanicrotator"
      primary_blob_endpoint = "https://sttitanicrotator.blob.core.windows.net/"
    }
  }
  mock_resource "azurerm_storage_container" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Storage/storageAccounts/sttitanicrotator/blobServices/default/containers/audit" }
  }
  mock_resource "azurerm_eventgrid_system_topic" {
    defaults = {
      id       = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.EventGrid/systemTopics/evgt"
      identity = { principal_id = "00000000-0000-0000-0000-00000000c120", tenant_id = "00000000-0000-0000-0000-000000000000" }
    }
  }
  mock_resource "azurerm_application_insights" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Insights/components/appi-titanic-rotator" }
  }
  mock_resource "azurerm_monitor_data_collection_endpoint" {
    defaults = {
      id                      = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Insights/dataCollectionEndpoints/dce-titanic-rotator"
      logs_ingestion_endpoint = "https://dce-titanic-rotator.westeurope-1.ingest.monitor.azure.com"
    }
  }
  mock_resource "azurerm_monitor_data_collection_rule" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Insights/dataCollectionRules/dcr-titanic-rotator"
      immutable_id = "dcr-00000000000000000000000000000000"
    }
  }
}

variables {
  name                = "titanic-rotator"
  resource_group_name = "titanic"
  location            = "westeurope"
  subscribe           = true
  vaults = {
    titanic-kv-prod = {
      id       = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.KeyVault/vaults/titanic-kv-prod"
      url      = "https://titanic-kv-prod.vault.azure.net"
      location = "westeurope"
    }
  }
  servers = { titanic-postgres = { host = "titanic-postgres.postgres.database.azure.com", database = "titanic" } }
  secrets = {
    db-password = {
      vault  = "titanic-kv-prod"
      server = "titanic-postgres"
      role   = "titanic_admin"
      login  = { mode = "self" }
    }
  }
  signing_key_id             = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.KeyVault/vaults/titanic-kv-prod/keys/audit-head"
  operators                  = { issuer = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0", audience = "client" }
  alert_receivers            = { platform = "platform@example.com" }
  log_analytics_workspace_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.OperationalInsights/workspaces/titanic"
  network = {
    app_subnet_id      = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Network/virtualNetworks/titanic/subnets/rotator"
    endpoint_subnet_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.Network/virtualNetworks/titanic/subnets/endpoints"
    egress_ranges      = ["203.0.113.7"]
  }
}

run "settings_are_what_the_app_asks_for" {
  assert {
    condition     = output.app_settings.AUDIT_SIGNING_KEY_URL == "https://titanic-kv-prod.vault.azure.net/keys/audit-head"
    error_message = "The signing key's URL is ${output.app_settings.AUDIT_SIGNING_KEY_URL}."
  }
  assert {
    condition     = output.app_settings.OPERATORS_JWKS_URL == "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/discovery/v2.0/keys"
    error_message = "The operators' keys are at ${output.app_settings.OPERATORS_JWKS_URL}."
  }
  assert {
    condition     = output.app_settings.AUDIT_CONTAINER_URL == "https://sttitanicrotator.blob.core.windows.net/audit"
    error_message = "The audit log is at ${output.app_settings.AUDIT_CONTAINER_URL}."
  }
}

run "events_come_for_managed_secrets_only" {
  command = plan

  assert {
    condition     = one(azurerm_eventgrid_system_topic_event_subscription.rotator["titanic-kv-prod-0"].advanced_filter[0].string_in[*].values) == tolist(["db-password"])
    error_message = "The filter has other names than the managed ones."
  }
}

run "no_reader_is_unknown_where_none_is_known" {
  command = plan

  assert {
    condition     = !contains(keys(azurerm_monitor_scheduled_query_rules_alert_v2.notice), "unknown-reader")
    error_message = "There is an alert about readers that nobody asked for."
  }
}

run "readers_are_watched_of_the_secret_and_of_what_has_its_value" {
  variables {
    secrets = {
      database = {
        vault   = "titanic-kv-prod"
        name    = "DB-password"
        server  = "titanic-postgres"
        role    = "titanic_admin"
        login   = { mode = "self" }
        derived = [{ secret = "db-url", template = "postgresql://{role}:{password}@{host}/{database}" }]
      }
      unwatched = {
        vault  = "titanic-kv-prod"
        server = "titanic-postgres"
        role   = "other"
        login  = { mode = "self" }
      }
    }
    known_readers = { database = { titanic-api = "00000000-0000-0000-0000-00000000ABCD" } }
  }

  assert {
    condition     = strcontains(azurerm_monitor_scheduled_query_rules_alert_v2.notice["unknown-reader"].criteria[0].query, "place in (\"titanic-kv-prod/db-password\",\"titanic-kv-prod/db-password-pending\",\"titanic-kv-prod/db-url\")")
    error_message = "Other secrets are watched than the managed one, its pending one and its derived one."
  }
  assert {
    condition = strcontains(azurerm_monitor_scheduled_query_rules_alert_v2.notice["unknown-reader"].criteria[0].query, "!in (${join(",", [
      "\"titanic-kv-prod/db-password 00000000-0000-0000-0000-00000000c11f\"",
      "\"titanic-kv-prod/db-password 00000000-0000-0000-0000-00000000abcd\"",
      "\"titanic-kv-prod/db-password-pending 00000000-0000-0000-0000-00000000c11f\"",
      "\"titanic-kv-prod/db-url 00000000-0000-0000-0000-00000000c11f\"",
      "\"titanic-kv-prod/db-url 00000000-0000-0000-0000-00000000abcd\"",
    ])})")
    error_message = "Others are known than the rotator everywhere, and the reader of the secret and of the derived one."
  }
}

run "a_reader_of_a_secret_that_is_not_managed_is_refused" {
  command = plan

  variables {
    known_readers = { db-pasword = { titanic-api = "00000000-0000-0000-0000-00000000abcd" } }
  }

  expect_failures = [var.known_readers]
}

run "a_reader_by_another_name_than_its_object_id_is_refused" {
  command = plan

  variables {
    known_readers = { db-password = { titanic-api = "titanic-api" } }
  }

  expect_failures = [var.known_readers]
}

run "nothing_is_subscribed_to_before_the_deployment" {
  command = plan

  variables {
    subscribe = false
  }

  assert {
    condition     = length(azurerm_eventgrid_system_topic_event_subscription.rotator) == 0
    error_message = "There is a subscription to a function that is not deployed."
  }
}

run "the_audit_log_is_locked_unless_told_otherwise" {
  command = plan

  assert {
    condition     = azurerm_storage_container_immutability_policy.audit.locked && azurerm_storage_container_immutability_policy.audit.protected_append_writes_enabled
    error_message = "The audit log can be changed or deleted."
  }
}

run "there_are_no_backups_unless_they_are_wanted" {
  command = plan

  assert {
    condition     = length(azurerm_storage_account.backups) == 0 && length(azurerm_role_assignment.backups) == 0
    error_message = "There is a container of backups, or a right on it, that nobody asked for."
  }
}

run "backups_are_locked_and_deleted_when_their_time_is_over" {
  command = plan

  variables {
    backups = { keepDays = 400 }
  }

  assert {
    condition     = azurerm_storage_container_immutability_policy.backups[0].locked && azurerm_storage_container_immutability_policy.backups[0].immutability_period_in_days == 400
    error_message = "Backups can be replaced or deleted."
  }

  assert {
    condition     = azurerm_storage_management_policy.backups[0].rule[0].actions[0].base_blob[0].delete_after_days_since_creation_greater_than == 400
    error_message = "Backups are never deleted, or too early."
  }
}

run "without_the_scheduler_the_task_hub_is_in_the_hosts_account" {
  command = plan

  variables {
    durable_backend = "azure-storage"
  }

  assert {
    condition     = length(azapi_resource.scheduler) == 0 && length(azurerm_role_assignment.host_task_hub) == 2 && contains(keys(azurerm_private_endpoint.storage), "host-queue")
    error_message = "The host cannot reach queues and tables of its account."
  }
}
