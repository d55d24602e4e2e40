# Way (a): the rotator beside vaults, servers and clusters that exist. Applied by azd, infra/deploy.sh, or by hand.

terraform {
  required_version = "~> 1.11"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.12"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.2"
    }
  }

  # The place of the state: provider.conf.json (azd), or -backend-config. It holds no password and no key, but names everything.
  backend "azurerm" {
    use_azuread_auth = true
  }
}

provider "azurerm" {
  subscription_id     = var.subscription_id
  storage_use_azuread = true
  # azurerm 5 registers nothing by itself.
  resource_providers_to_register = [
    "Microsoft.App",
    "Microsoft.DurableTask",
    "Microsoft.EventGrid",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.Web",
  ]

  features {
    storage {
      # The accounts are private. Everything about them goes through Resource Manager; waiting for their own address would not end.
      data_plane_available = false
    }
  }
}

provider "azapi" {
  subscription_id = var.subscription_id
}
