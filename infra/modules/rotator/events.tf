# Event Grid: what the vaults report of the managed secrets.
# E1. Dead letters have their container and the topic its right on it before there is a subscription. Otherwise: the subscription
#     cannot be made, or drops what it could not deliver. Kept by: `depends_on` below.
# E2. Subscriptions come after the deployment (`subscribe`): Event Grid refuses a function that is not there yet.
#     infra/deploy.sh and azure.yaml apply twice.

locals {
  # Azure allows one system topic per vault: where there is one, it is used.
  topics = merge(
    {
      for name, topic in azurerm_eventgrid_system_topic.vault : name => {
        name           = topic.name
        id             = topic.id
        resource_group = topic.resource_group_name
        principal_id   = topic.identity[0].principal_id
      }
    },
    {
      for name, topic in data.azurerm_eventgrid_system_topic.existing : name => {
        name           = topic.name
        id             = topic.id
        resource_group = topic.resource_group_name
        principal_id   = topic.identity[0].principal_id
      }
    },
  )

  # A subscription takes 25 filter values at most, so a vault with more managed secrets has several.
  subscriptions = merge([
    for vault in keys(var.vaults) : {
      for index, names in chunklist(sort([for entry in local.managed : entry.secret if entry.vault == vault]), 25) :
      "${vault}-${index}" => { vault = vault, names = names }
    }
  ]...)
}

resource "azurerm_eventgrid_system_topic" "vault" {
  for_each = { for name, vault in var.vaults : name => vault if vault.event_grid_topic == null }

  name                = "evgt-${var.name}-${each.key}"
  resource_group_name = split("/", each.value.id)[4]
  location            = each.value.location
  source_resource_id  = each.value.id
  topic_type          = "Microsoft.KeyVault.vaults"
  tags                = var.tags

  identity {
    type = "SystemAssigned"
  }
}

# It needs a system-assigned identity: dead letters are written as it.
data "azurerm_eventgrid_system_topic" "existing" {
  for_each = { for name, vault in var.vaults : name => vault if vault.event_grid_topic != null }

  name                = each.value.event_grid_topic
  resource_group_name = split("/", each.value.id)[4]
}

resource "azurerm_role_assignment" "dead_letters" {
  for_each = local.topics

  scope                = azurerm_storage_container.dead_letters.id
  role_definition_name = local.roles.deadLetters[0]
  principal_id         = each.value.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_eventgrid_system_topic_event_subscription" "rotator" {
  for_each = { for key, subscription in local.subscriptions : key => subscription if var.subscribe }

  name                  = "evgs-${var.name}-${each.key}"
  system_topic          = local.topics[each.value.vault].name
  resource_group_name   = local.topics[each.value.vault].resource_group
  event_delivery_schema = "CloudEventSchemaV1_0"

  included_event_types = [
    "Microsoft.KeyVault.SecretNearExpiry",
    "Microsoft.KeyVault.SecretExpired",
    # A version that no rotation made is drift.
    "Microsoft.KeyVault.SecretNewVersionCreated",
  ]

  # The subject is the secret's name. Pending and derived secrets are written by every rotation and say nothing new.
  advanced_filter {
    string_in {
      key    = "subject"
      values = each.value.names
    }
  }

  azure_function_endpoint {
    function_id = "${azapi_resource.rotator.id}/functions/events"
    # One failing event of a batch brings the whole batch again.
    max_events_per_batch              = 1
    preferred_batch_size_in_kilobytes = 64
  }

  # A day; then it is a dead letter, and the daily sweep has long found the secret.
  retry_policy {
    max_delivery_attempts = 30
    event_time_to_live    = 1440
  }

  storage_blob_dead_letter_destination {
    storage_account_id          = azurerm_storage_account.platform["host"].id
    storage_blob_container_name = azurerm_storage_container.dead_letters.name
  }

  dead_letter_identity {
    type = "SystemAssigned"
  }

  depends_on = [azurerm_role_assignment.dead_letters]
}
