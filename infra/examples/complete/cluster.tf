# AKS: private, Entra only, workload identity, the Secrets Store CSI driver with rotation on. And the workload's identity.

resource "azurerm_user_assigned_identity" "cluster" {
  name                = "id-titanic-aks"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
}

resource "azurerm_role_assignment" "cluster_network" {
  scope                = azurerm_subnet.titanic["cluster"].id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_kubernetes_cluster" "titanic" {
  name                = "titanic-aks"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
  dns_prefix          = "titanic-aks"

  private_cluster_enabled   = true
  local_account_disabled    = true
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
    tenant_id          = data.azurerm_client_config.current.tenant_id
  }

  # The driver's poll interval: a consumer's copyTimeoutSeconds must be longer.
  key_vault_secrets_provider {
    secret_rotation_enabled  = true
    secret_rotation_interval = "2m"
  }

  node_provisioning_profile {
    mode = "Manual"
  }

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D2s_v5"
    node_count     = 2
    vnet_subnet_id = azurerm_subnet.titanic["cluster"].id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_policy      = "cilium"
    network_data_plane  = "cilium"
    outbound_type       = "userAssignedNATGateway"
  }

  depends_on = [azurerm_role_assignment.cluster_network, azurerm_subnet_nat_gateway_association.egress]
}

resource "azurerm_user_assigned_identity" "titanic_api" {
  name                = "id-titanic-api"
  resource_group_name = azurerm_resource_group.titanic.name
  location            = azurerm_resource_group.titanic.location
}

# The service account of examples/titanic-api.
resource "azurerm_federated_identity_credential" "titanic_api" {
  name                      = "titanic-api"
  user_assigned_identity_id = azurerm_user_assigned_identity.titanic_api.id
  issuer                    = azurerm_kubernetes_cluster.titanic.oidc_issuer_url
  subject                   = "system:serviceaccount:titanic-api:titanic-api-sa"
  audience                  = ["api://AzureADTokenExchange"]
}

# Per secret: with a right on the vault the workload could read the pending password too.
resource "azurerm_role_assignment" "titanic_api" {
  for_each = azurerm_key_vault_secret.titanic

  scope                = each.value.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.titanic_api.principal_id
  principal_type       = "ServicePrincipal"
}
