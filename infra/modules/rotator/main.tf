# The app: Flex Consumption, user-assigned identities, no key anywhere. Its own is `rotator`; those of the platform are in host.tf.
# M1. Every setting that the app knows is set here, and none of them is a secret. Otherwise: the app starts with a default that
#     nobody chose, or a password is readable for anyone who reads settings. Kept by: test/unit/infra/settings.test.ts.

locals {
  # From an id, not from a data source: where this module waits for something, its data sources are read late, and an id
  # that is not known in a plan has the app replaced.
  resource_group_id = join("/", slice(split("/", azurerm_user_assigned_identity.rotator.id), 0, 5))

  # What src/lib/config/settings.ts reads. The app takes an empty setting for a missing one.
  app_settings = merge(
    {
      ROTATION_CONFIG_FILE          = "rotation.config.yaml"
      ROTATION_CONFIG_CONTAINER_URL = var.configuration_container_url == null ? "" : var.configuration_container_url

      AUDIT_CONTAINER_URL   = "${azurerm_storage_account.audit.primary_blob_endpoint}${azurerm_storage_container.audit.name}"
      AUDIT_SIGNING_KEY_URL = replace(var.signing_key_id, "/^.*/vaults/([^/]+)/keys/([^/]+)$/", "https://$1.vault.azure.net/keys/$2")
      RECORDS_CONTAINER_URL = "${azurerm_storage_account.audit.primary_blob_endpoint}${azurerm_storage_container.records.name}"
      OPERATORS_ISSUER      = var.operators.issuer
      OPERATORS_AUDIENCE    = var.operators.audience
      OPERATORS_JWKS_URL    = replace(var.operators.issuer, "/v2.0", "/discovery/v2.0/keys")
      PAGE_CLIENT_ID        = var.operators.page_client_id
      PAGE_AUTHORITY_URL    = replace(var.operators.issuer, "/v2.0", "")
      APP_URL               = var.app_url
      SWEEP_SCHEDULE        = var.sweep_schedule
      AZURE_CLIENT_ID       = azurerm_user_assigned_identity.rotator.client_id

      OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
    },
    local.heads_settings,
  )

  # What the Functions host reads. The host's storage by identity: the account's name instead of a connection string.
  host_settings = merge(
    {
      AzureWebJobsStorage__accountName          = azurerm_storage_account.platform["host"].name
      AzureWebJobsStorage__credential           = "managedidentity"
      AzureWebJobsStorage__clientId             = azurerm_user_assigned_identity.platform["host"].client_id
      APPLICATIONINSIGHTS_CONNECTION_STRING     = azurerm_application_insights.rotator.connection_string
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${azurerm_user_assigned_identity.rotator.client_id};Authorization=AAD"
    },
    local.durable_settings,
    local.collector_settings,
  )

  # The platform reads the secret when it starts the app, as the identity that it takes the package by.
  collector_settings = var.otlp_headers_secret_id == null ? {} : {
    OTEL_EXPORTER_OTLP_HEADERS = "@Microsoft.KeyVault(SecretUri=${replace(var.otlp_headers_secret_id, "/^.*/vaults/([^/]+)/secrets/([^/]+)$/", "https://$1.vault.azure.net/secrets/$2")})"
  }
}

resource "azurerm_user_assigned_identity" "rotator" {
  name                = "id-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_service_plan" "rotator" {
  name                = "asp-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  os_type  = "Linux"
  sku_name = "FC1"
}

# By azapi: azurerm's own resource adds an AzureWebJobsStorage without a key to the settings, which the host prefers to the
# identity (docs/adr/0009-infrastructure.md).
resource "azapi_resource" "rotator" {
  type      = "Microsoft.Web/sites@2024-04-01"
  name      = "func-${var.name}"
  parent_id = local.resource_group_id
  location  = var.location
  tags      = merge(var.tags, { "azd-service-name" = "rotator" })

  identity {
    type = "UserAssigned"
    identity_ids = [
      azurerm_user_assigned_identity.rotator.id,
      azurerm_user_assigned_identity.platform["host"].id,
      azurerm_user_assigned_identity.platform["package"].id,
    ]
  }

  body = {
    kind = "functionapp,linux"
    properties = {
      serverFarmId           = azurerm_service_plan.rotator.id
      httpsOnly              = true
      virtualNetworkSubnetId = var.network.app_subnet_id

      keyVaultReferenceIdentity = azurerm_user_assigned_identity.platform["package"].id
      # Event Grid delivers over the public address and cannot reach a private one. So the address is public, and all but
      # Event Grid and the operators' ranges are refused below.
      publicNetworkAccess = "Enabled"
      functionAppConfig = {
        deployment = {
          storage = {
            type  = "blobContainer"
            value = "${azurerm_storage_account.platform["package"].primary_blob_endpoint}${azurerm_storage_container.package.name}"
            authentication = {
              type                           = "UserAssignedIdentity"
              userAssignedIdentityResourceId = azurerm_user_assigned_identity.platform["package"].id
            }
          }
        }
        runtime = {
          name    = "node"
          version = var.node_version
        }
        scaleAndConcurrency = {
          instanceMemoryMB     = 2048
          maximumInstanceCount = 40
        }
      }
      siteConfig = {
        appSettings = [
          for name, value in merge(local.app_settings, local.host_settings) : { name = name, value = value }
        ]
        minTlsVersion                       = "1.2"
        http20Enabled                       = true
        ipSecurityRestrictionsDefaultAction = "Deny"
        ipSecurityRestrictions = concat(
          [{ name = "event-grid", priority = 100, action = "Allow", tag = "ServiceTag", ipAddress = "AzureEventGrid" }],
          [
            for index, range in var.operator_ranges :
            { name = "operators-${index}", priority = 200 + index, action = "Allow", tag = "Default", ipAddress = range }
          ],
        )
        # The deployment site is another address. It takes Entra tokens only (below), from the deployers' ranges only.
        scmIpSecurityRestrictionsUseMain       = false
        scmIpSecurityRestrictionsDefaultAction = "Deny"
        scmIpSecurityRestrictions = [
          for index, range in var.deployer_ranges :
          { name = "deployers-${index}", priority = 100 + index, action = "Allow", tag = "Default", ipAddress = range }
        ]
      }
    }
  }

  response_export_values = { host_name = "properties.defaultHostName" }

  # The platform reads the package, and the host writes its keys, as soon as the app starts.
  depends_on = [
    azurerm_role_assignment.host_blobs,
    azurerm_role_assignment.host_task_hub,
    azurerm_role_assignment.package,
    azurerm_private_endpoint.storage,
  ]
}

# App Service authentication ("EasyAuth") is left off. The app checks operators' tokens itself, roles included, and answers
# with problem+json; in front of it, EasyAuth would have to let Event Grid's webhook pass by a list of excluded paths, and one
# wrong path there opens or closes more than was meant.

# Neither the deployment site nor FTP takes a user name and a password.
resource "azapi_resource" "basic_credentials" {
  for_each = toset(["scm", "ftp"])

  type      = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01"
  name      = each.key
  parent_id = azapi_resource.rotator.id
  body      = { properties = { allow = false } }
}

resource "azurerm_application_insights" "rotator" {
  name                = "appi-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  workspace_id                 = var.log_analytics_workspace_id
  application_type             = "Node.JS"
  local_authentication_enabled = false
}
