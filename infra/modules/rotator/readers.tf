# Who reads a managed secret, as the vault itself has logged it, and is not expected to.
# RD1. With a secret its derived ones are watched, which the same readers may read, and its pending one, which the rotator alone may.
#      Otherwise: the value is read where nobody looks. Kept by: test/unit/infra/readers.test.ts, tests/rotator.tftest.hcl.
# RD2. A reader that the log does not identify is an unknown one. Kept by: test/unit/infra/readers.test.ts.

locals {
  rotator_id = azurerm_user_assigned_identity.rotator.principal_id

  # Each: the secret as the query calls it, and who may read it besides the rotator.
  watched = flatten([
    for id, readers in var.known_readers : [
      for secret in concat(
        [{ name = coalesce(var.secrets[id].name, id), readers = values(readers) }],
        [{ name = "${coalesce(var.secrets[id].name, id)}-pending", readers = [] }],
        [for derived in var.secrets[id].derived : { name = derived.secret, readers = values(readers) }],
        ) : {
        place   = lower("${split(".", split("/", var.vaults[var.secrets[id].vault].url)[2])[0]}/${secret.name}")
        readers = concat([local.rotator_id], secret.readers)
      }
    ]
  ])

  readers = templatefile("${path.module}/readers.kql", {
    secrets = trim(jsonencode(local.watched[*].place), "[]")
    known   = trim(jsonencode(flatten([for one in local.watched : [for reader in one.readers : lower("${one.place} ${reader}")]])), "[]")
  })

  # Where no readers were given, none is unknown. (alerts.tf)
  reader_alerts = {
    for name in length(var.known_readers) > 0 ? ["unknown-reader"] : [] : name => {
      severity = 1
      by       = ["secret", "reader"]
      says     = "A managed secret was read by an identity that is not among its known readers."
      query    = local.readers
    }
  }
}
