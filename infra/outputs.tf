# In capitals: azd puts them into its environment, where infra/package.ts and infra/deploy.sh find them.

output "AZURE_RESOURCE_GROUP" {
  description = "Resource group of the rotator."
  value       = azurerm_resource_group.rotator.name
}

output "SERVICE_ROTATOR_NAME" {
  description = "The app, where packages are deployed to."
  value       = module.rotator.function_app_name
}

output "ROTATOR_HOST_NAME" {
  description = "The API's host name."
  value       = module.rotator.host_name
}

output "ROTATOR_PAGE_URL" {
  description = "The operators' page; to the letter the redirect URI of `operators.page_client_id`."
  value       = module.rotator.page_url
}

output "ROTATOR_PRINCIPAL_ID" {
  description = "Object id of the app's identity: the user in examples/titanic-api/rotator-access."
  value       = module.rotator.identity.principal_id
}

output "ROTATOR_SUBSCRIBED" {
  description = "Whether the vaults' events are subscribed to."
  value       = var.subscribe
}

output "ROTATOR_DURABLE_BACKEND" {
  description = "Which host.json belongs into the package."
  value       = module.rotator.durable_backend
}

output "ROTATOR_PACKAGE_FILES" {
  description = "What belongs into the package beside the code: JSON, path -> text, in base64."
  value       = base64encode(jsonencode(module.rotator.package_files))
}

output "ROTATOR_ROLE_SQL" {
  description = "SQL for admin roles, by \"<server>-<role>.sql\"; each server's administrator runs it."
  value       = module.rotator.role_sql
}
