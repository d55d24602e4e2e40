# The sets of secrets that rights, event filters and the configuration are made from; each entry is { vault, secret }. `secret`
# is the name in the vault, which the key of `secrets` is unless `name` says another one.

locals {
  managed = [for id, secret in var.secrets : { vault = secret.vault, secret = coalesce(secret.name, id) }]
  pending = [for entry in local.managed : { vault = entry.vault, secret = "${entry.secret}-pending" }]
  derived = flatten([
    for secret in var.secrets : [for derived in secret.derived : { vault = secret.vault, secret = derived.secret }]
  ])

  # What is backed up, where anything is.
  backed_up = var.backups == null ? [] : distinct(flatten([local.managed, local.derived]))

  # Where a role logs in to set another one's password: `login` itself, and what reconciliations may fall back to. The app's own
  # identity has no secret.
  admin_logins = flatten([
    for name, secret in var.secrets : [
      for login in [secret.login, try(secret.login.recovery, null)] : {
        mode    = try(login.mode, "admin-secret")
        vault   = coalesce(login.vault, secret.vault)
        secret  = login.secret
        role    = login.role
        server  = secret.server
        managed = try(secret.roles, null) != null ? secret.roles : [secret.role]
      } if try(login.role, null) != null
    ]
  ])
  # Passwords of those roles, tokens of repositories, URLs and signing keys of notifications: read, never written.
  readable = distinct(flatten([
    [for login in local.admin_logins : { vault = login.vault, secret = login.secret } if login.mode == "admin-secret"],
    [for repository in var.repositories : { vault = repository.login.vault, secret = repository.login.secret } if repository.login.mode == "secret"],
    [for channel in var.notifications : { vault = channel.address.vault, secret = channel.address.secret } if channel.address != null],
    [for channel in var.notifications : [for key in channel.signing : { vault = key.vault, secret = key.secret }] if channel.signing != null],
  ]))

  # Keys that files in git are encrypted for, where they are in one of `vaults`.
  recipients = distinct(flatten([
    for secret in var.secrets : [
      for consumer in secret.consumers : [
        for recipient in try(consumer.delivery.recipients != null ? consumer.delivery.recipients : [], []) : [
          for name, vault in var.vaults : { vault = name, key = basename(recipient) } if startswith(recipient, "${vault.url}/keys/")
        ]
      ]
    ]
  ]))

  # Keys of GitHub Apps, where they are in one of `vaults`; a version may follow the name.
  github_app_keys = distinct(flatten([
    for repository in var.repositories : [
      for name, vault in var.vaults : { vault = name, key = split("/", repository.login.key)[4] } if startswith(repository.login.key, "${vault.url}/keys/")
    ] if repository.login.mode == "github-app"
  ]))
}
