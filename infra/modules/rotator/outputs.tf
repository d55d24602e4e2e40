output "function_app_name" {
  description = "The app, where packages are deployed to."
  value       = azapi_resource.rotator.name
}

output "function_app_id" {
  description = "Resource id of the app."
  value       = azapi_resource.rotator.id
}

output "host_name" {
  description = "The API's host name."
  value       = azapi_resource.rotator.output.host_name
}

output "page_url" {
  description = "The operators' page; to the letter the redirect URI of `operators.page_client_id`."
  value       = "https://${azapi_resource.rotator.output.host_name}/"
}

output "identity" {
  description = "The app's identity. Its principal_id is the user name in Kubernetes (RoleBinding, kind User)."
  value = {
    id           = azurerm_user_assigned_identity.rotator.id
    name         = azurerm_user_assigned_identity.rotator.name
    client_id    = azurerm_user_assigned_identity.rotator.client_id
    principal_id = azurerm_user_assigned_identity.rotator.principal_id
  }
}

output "app_settings" {
  description = "The settings that the app reads; none is a secret."
  value       = local.app_settings
}

output "package_files" {
  description = "What belongs into the package beside the code: path -> text. infra/package.ts writes it."
  value       = local.package_files
}

output "role_sql" {
  description = "SQL that gives admin roles their rights: file name -> text. The server's administrator runs it."
  value       = local.role_sql
}

output "durable_backend" {
  description = "Which host.json belongs into the package."
  value       = var.durable_backend
}
