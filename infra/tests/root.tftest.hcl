# terraform -chdir=infra test: the root's own decisions. The module has its tests.

mock_provider "azapi" {
  mock_data "azapi_resource" {
    defaults = { output = { host = "titanic-aks.hcp.westeurope.azmk8s.io" } }
  }
}

mock_provider "azurerm" {
  mock_data "azurerm_key_vault" {
    defaults = { vault_uri = "https://titanic-kv-prod.vault.azure.net/", location = "westeurope" }
  }
}

variables {
  subscription_id  = "00000000-0000-0000-0000-000000000000"
  environment_name = "test"
  location         = "westeurope"
  name             = "titanic-rotator"
  vaults           = { titanic-kv-prod = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.KeyVault/vaults/titanic-kv-prod" } }
  servers          = { titanic-postgres = { host = "db.example.com" } }
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
  alert_receivers            = {}
  log_analytics_workspace_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.OperationalInsights/workspaces/titanic"
  network                    = { app_subnet_id = "app", endpoint_subnet_id = "endpoints", egress_ranges = ["203.0.113.7"] }
}

run "an_option_that_there_is_not_is_refused" {
  command = plan

  variables {
    secrets = {
      db-password = {
        vault          = "titanic-kv-prod"
        server         = "titanic-postgres"
        role           = "titanic_admin"
        login          = { mode = "self" }
        rotateEveryDay = 30
      }
    }
  }

  expect_failures = [var.secrets]
}

run "a_server_has_an_id_or_a_host" {
  command = plan

  variables {
    servers = { titanic-postgres = { database = "titanic" } }
  }

  expect_failures = [var.servers]
}
