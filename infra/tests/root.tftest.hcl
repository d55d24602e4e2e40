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
  mock_data "azurerm_postgresql_flexible_server" {
    defaults = { fqdn = "titanic-postgres.postgres.database.azure.com" }
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

run "what_the_configuration_needs_to_know_is_read_by_ids" {
  command = plan

  variables {
    servers = {
      titanic-postgres = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.DBforPostgreSQL/flexibleServers/titanic-postgres" }
    }
    clusters = {
      titanic-aks = {
        id                         = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers/Microsoft.ContainerService/managedClusters/titanic-aks"
        certificate_authority_data = "YSBDQQ=="
      }
    }
  }

  assert {
    condition = yamldecode(jsondecode(base64decode(output.ROTATOR_PACKAGE_FILES))["rotation.config.yaml"]) == yamldecode(<<-EOT
      vaults: { titanic-kv-prod: { url: "https://titanic-kv-prod.vault.azure.net" } }
      servers: { titanic-postgres: { host: titanic-postgres.postgres.database.azure.com, port: 5432, database: postgres } }
      clusters: { titanic-aks: { server: "https://titanic-aks.hcp.westeurope.azmk8s.io", ca: ca/titanic-aks.pem } }
      repositories: {}
      exemptions: []
      freezes: []
      notifications: {}
      policyClasses: {}
      secrets:
        db-password:
          vault: titanic-kv-prod
          server: titanic-postgres
          role: titanic_admin
          login: { mode: self }
          derived: []
          consumers: []
    EOT
    )
    error_message = "rotation.config.yaml is ${jsondecode(base64decode(output.ROTATOR_PACKAGE_FILES))["rotation.config.yaml"]}"
  }
  assert {
    condition     = jsondecode(base64decode(output.ROTATOR_PACKAGE_FILES))["ca/titanic-aks.pem"] == "a CA"
    error_message = "The cluster's CA is not in the package."
  }
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
