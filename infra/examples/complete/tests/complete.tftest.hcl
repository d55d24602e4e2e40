# terraform -chdir=infra/examples/complete test: that all of it can be planned from nothing, while no id is known yet.
# random is not mocked: terraform cannot mock ephemeral resources, and it needs no cloud.

mock_provider "azapi" {}
mock_provider "azurerm" {}
mock_provider "time" {}

variables {
  subscription_id         = "00000000-0000-0000-0000-000000000000"
  environment_name        = "test"
  location                = "westeurope"
  deployer_ranges         = "203.0.113.7/32"
  operators_audience      = "client"
  database_administrators = { object_id = "00000000-0000-0000-0000-0000000000ad", name = "dbas" }
  alert_receivers         = { platform = "platform@example.com" }
}

run "from_nothing" {
  command = plan

  assert {
    condition     = output.ROTATOR_SUBSCRIBED == false
    error_message = "Events are subscribed to before there is a function."
  }
}

run "after_the_deployment" {
  command = plan

  variables {
    subscribe = true
  }

  assert {
    condition     = output.ROTATOR_SUBSCRIBED
    error_message = "Events are not subscribed to."
  }
}
