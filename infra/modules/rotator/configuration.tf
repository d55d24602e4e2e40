# What is deployed beside the code: rotation.config.yaml and the CA files that it names; and the SQL that gives a role the
# right to set the managed ones' passwords.
# C1. The file says what `var.vaults`, `servers`, `clusters`, `repositories`, `policy_classes`, `exemptions`, `approvals`, `freezes`, `notifications`, `backups` and `secrets` say, and nothing else. Otherwise: the app refuses
#     it, or rotates something else than rights were given for. Kept by: test/unit/infra/configuration.test.ts, which has
#     the app's own loader read it.

locals {
  # An option that is not given is left out: the app knows the defaults, and refuses null.
  configuration = merge({
    vaults = {
      for name, vault in var.vaults : name => merge(
        { url = vault.url },
        { for writes in vault.writesPer10Seconds[*] : "writesPer10Seconds" => writes },
      )
    }
    servers = {
      for name, server in var.servers : name => merge(
        { host = server.host, port = server.port, database = server.database },
        { for sessions in server.sessionsAtOnce[*] : "sessionsAtOnce" => sessions },
        { for ca in server.ca[*] : "tls" => { ca = "ca/${name}.pem" } },
      )
    }
    clusters = {
      for name, cluster in var.clusters : name => merge(
        { server = cluster.server },
        { for ca in cluster.ca[*] : "ca" => "ca/${name}.pem" },
        { for rotations in cluster.deliveriesAtOnce[*] : "deliveriesAtOnce" => rotations },
      )
    }
    repositories = {
      for name, repository in var.repositories : name => merge(
        { for key, value in repository : key => value if value != null && !contains(["ca", "login", "pullRequests"], key) },
        { for ca in repository.ca[*] : "ca" => "ca/${name}.pem" },
        { login = { for key, value in repository.login : key => value if value != null } },
        { for given in repository.pullRequests[*] : "pullRequests" => { for key, value in given : key => value if value != null } },
      )
    }
    policyClasses = var.policy_classes
    exemptions    = var.exemptions
    freezes       = [for freeze in var.freezes : { for key, value in freeze : key => value if value != null }]
    notifications = {
      for name, channel in var.notifications : name => merge(
        { for key, value in channel : key => value if value != null && key != "ca" },
        { for ca in channel.ca[*] : "ca" => "ca/notifications/${name}.pem" },
      )
    }
    secrets = {
      for name, secret in var.secrets : name => merge(
        { for key, value in secret : key => value if value != null && !contains(["login", "random", "retire", "value", "derived", "consumers"], key) },
        { for given in secret.random[*] : "random" => merge(
          { for key, value in given : key => value if value != null && key != "classes" },
          { for classes in given.classes == null ? [] : [given.classes] : "classes" => [for class in classes : { for key, value in class : key => value if value != null }] },
        ) },
        { for login in secret.login[*] : "login" => merge(
          { for key, value in login : key => value if value != null && key != "recovery" },
          { for recovery in login.recovery[*] : "recovery" => { for key, value in recovery : key => value if value != null } },
        ) },
        { for given in secret.retire[*] : "retire" => { for key, value in given : key => value if value != null } },
        { for given in secret.value[*] : "value" => { for key, value in given : key => value if value != null } },
        {
          derived = [for derived in secret.derived : { for key, value in derived : key => value if value != null }]
          consumers = [
            for consumer in secret.consumers : merge(
              { for key, value in consumer : key => value if value != null && !contains(["delivery", "application"], key) },
              { delivery = { for key, value in consumer.delivery : key => value if value != null } },
              { for given in consumer.application[*] : "application" => { for key, value in given : key => value if value != null } },
            )
          ]
        },
      )
    }
    },
    { for given in var.backups[*] : "backups" => {
      container = "${azurerm_storage_account.backups[0].primary_blob_endpoint}backups"
      keepDays  = given.keepDays
    } },
    { for given in var.approvals[*] : "approvals" => { for key, value in given : key => value if value != null } },
  )

  # Path in the package -> text. A server and a cluster of one name would share a file, so their names must differ.
  package_files = merge(
    { "rotation.config.yaml" = "# Rendered by Terraform (infra/): change it there.\n${yamlencode(local.configuration)}" },
    { for name, server in var.servers : "ca/${name}.pem" => server.ca if server.ca != null },
    { for name, cluster in var.clusters : "ca/${name}.pem" => cluster.ca if cluster.ca != null },
    { for name, repository in var.repositories : "ca/${name}.pem" => repository.ca if repository.ca != null },
    { for name, channel in var.notifications : "ca/notifications/${name}.pem" => channel.ca if channel.ca != null },
  )

  # One script for each admin role of a server: "<server>-<role>.sql".
  role_sql = {
    for key, logins in { for login in local.admin_logins : "${login.server}-${login.role}.sql" => login... } :
    key => templatefile("${path.module}/sql/${logins[0].mode == "entra-token" ? "identity-role" : "admin-role"}.sql.tftpl", {
      server    = logins[0].server
      admin     = replace(logins[0].role, "\"", "\"\"")
      literal   = replace(logins[0].role, "'", "''")
      object_id = azurerm_user_assigned_identity.rotator.principal_id
      managed   = [for role in distinct(flatten(logins[*].managed)) : replace(role, "\"", "\"\"")]
    })
  }
}
