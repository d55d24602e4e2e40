# The sets of secrets that rights and event filters are made from; each entry is { vault, secret }.

locals {
  managed = [for name, secret in var.secrets : { vault = secret.vault, secret = name }]
  pending = [for name, secret in var.secrets : { vault = secret.vault, secret = "${name}-pending" }]
  derived = flatten([
    for secret in var.secrets : [for derived in secret.derived : { vault = secret.vault, secret = derived.secret }]
  ])
  # Passwords of other roles that the rotator logs in with: read, never written.
  readable = distinct(flatten([
    for secret in var.secrets : [
      for login in [secret.login, secret.login.recovery] : { vault = coalesce(login.vault, secret.vault), secret = login.secret }
      if try(login.secret, null) != null
    ]
  ]))
}
