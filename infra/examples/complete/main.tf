# The rotator in this world.

resource "azurerm_log_analytics_workspace" "titanic" {
  name                = "log-titanic"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
  sku                 = "PerGB2018"
  retention_in_days   = 90

  local_authentication_enabled = false
}

module "rotator" {
  source = "../../modules/rotator"

  name                = "titanic-${var.environment_name}"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location

  vaults = {
    titanic-kv-prod = {
      id       = azurerm_key_vault.titanic.id
      url      = trimsuffix(azurerm_key_vault.titanic.vault_uri, "/")
      location = azurerm_key_vault.titanic.location
    }
  }
  servers = {
    titanic-postgres = {
      id          = azurerm_postgresql_flexible_server.titanic.id
      host        = azurerm_postgresql_flexible_server.titanic.fqdn
      database    = azurerm_postgresql_flexible_server_database.titanic.name
      diagnostics = true
    }
  }
  clusters = {
    titanic-aks = {
      server = "https://${azurerm_kubernetes_cluster.titanic.private_fqdn}"
      ca     = base64decode(azurerm_kubernetes_cluster.titanic.kube_config[0].cluster_ca_certificate)
    }
  }
  secrets = {
    db-password = {
      vault  = "titanic-kv-prod"
      server = "titanic-postgres"
      role   = "titanic_admin"
      login  = { mode = "self" }
      derived = [{
        secret   = "db-connection-string"
        template = "postgresql://{role}:{password}@{host}:{port}/{database}?sslmode=require"
      }]
      consumers = [{
        cluster   = "titanic-aks"
        namespace = "titanic-api"
        kind      = "Deployment"
        name      = "titanic-api"
        delivery  = { path = "csi-driver", secretProviderClass = "titanic-kv-secrets" }
      }]
    }
  }

  signing_key_id             = azurerm_key_vault_key.audit_head.resource_versionless_id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.titanic.id
  alert_receivers            = var.alert_receivers
  operators = {
    issuer   = "https://login.microsoftonline.com/${data.azurerm_client_config.current.tenant_id}/v2.0"
    audience = var.operators_audience
  }
  operator_ranges = var.operator_ranges
  deployer_ranges = compact(split(",", var.deployer_ranges))
  network = {
    app_subnet_id        = azurerm_subnet.titanic["rotator"].id
    endpoint_subnet_id   = azurerm_subnet.titanic["endpoints"].id
    private_dns_zone_ids = { blob = azurerm_private_dns_zone.titanic["blob"].id }
    egress_ranges        = [azurerm_public_ip.egress.ip_address]
  }
  audit_locked = var.audit_locked
  subscribe    = var.subscribe
}
