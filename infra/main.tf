# The rotator, and what it needs to know of the things it is beside.

resource "azurerm_resource_group" "rotator" {
  name     = "rg-${var.name}-${var.environment_name}"
  location = var.location
  tags     = merge(var.tags, { "azd-env-name" = var.environment_name })
}

# .../resourceGroups/<4>/providers/<provider>/<type>/<8>
data "azurerm_key_vault" "vault" {
  for_each = var.vaults

  name                = split("/", each.value.id)[8]
  resource_group_name = split("/", each.value.id)[4]
}

data "azurerm_postgresql_flexible_server" "server" {
  for_each = { for name, server in var.servers : name => server if server.id != null }

  name                = split("/", each.value.id)[8]
  resource_group_name = split("/", each.value.id)[4]
}

# azurerm's own data source would also read users' credentials, and keep them in the state.
data "azapi_resource" "cluster" {
  for_each = var.clusters

  type                   = "Microsoft.ContainerService/managedClusters@2025-05-01"
  resource_id            = each.value.id
  response_export_values = { host = "properties.privateFQDN || properties.fqdn" }
}

module "rotator" {
  source = "./modules/rotator"

  name                = var.name
  resource_group_name = azurerm_resource_group.rotator.name
  location            = var.location
  tags                = var.tags

  vaults = {
    for name, vault in var.vaults : name => merge(vault, {
      url      = trimsuffix(data.azurerm_key_vault.vault[name].vault_uri, "/")
      location = data.azurerm_key_vault.vault[name].location
    })
  }
  servers = {
    for name, server in var.servers : name => merge(server, {
      host = server.id == null ? server.host : data.azurerm_postgresql_flexible_server.server[name].fqdn
    })
  }
  clusters = {
    for name, cluster in var.clusters : name => {
      server = "https://${data.azapi_resource.cluster[name].output.host}"
      ca     = base64decode(cluster.certificate_authority_data)

      deliveriesAtOnce = cluster.deliveriesAtOnce
    }
  }
  repositories = var.repositories
  approvals    = var.approvals
  freezes      = var.freezes

  policy_classes      = var.policy_classes
  exemptions          = var.exemptions
  secrets             = var.secrets
  notifications       = var.notifications
  backups             = var.backups
  notification_topics = var.notification_topics
  app_url             = var.app_url

  signing_key_id              = var.signing_key_id
  operators                   = var.operators
  operator_ranges             = var.operator_ranges
  deployer_ranges             = compact(split(",", var.deployer_ranges))
  alert_receivers             = var.alert_receivers
  known_readers               = var.known_readers
  otlp_endpoint               = var.otlp_endpoint
  otlp_headers_secret_id      = var.otlp_headers_secret_id
  configuration_container_url = var.configuration_container_url
  log_analytics_workspace_id  = var.log_analytics_workspace_id
  network                     = var.network
  durable_backend             = var.durable_backend
  node_version                = var.node_version
  audit_locked                = var.audit_locked
  subscribe                   = var.subscribe
}
