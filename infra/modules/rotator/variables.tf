# V1. What is managed is said once, in the words of rotation.config.yaml: rights, event filters and the configuration
#     that the app reads are all made from `secrets`. Otherwise: the app rotates what it may not write, or may write what
#     it does not rotate.

variable "name" {
  description = "Name of the rotator and stem of its resources' names: 3 to 18 lower-case letters, digits and hyphens."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,16}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\"; give 3 to 18 lower-case letters, digits and hyphens, a letter first (storage accounts are named after it, in at most 24 characters)."
  }
}

variable "resource_group_name" {
  description = "Resource group of the rotator; it exists already."
  type        = string
  nullable    = false
}

variable "location" {
  description = "Azure region of the rotator. Flex Consumption and Durable Task Scheduler must exist there."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource made here."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "vaults" {
  description = "Key Vaults by the name that the configuration uses: resource id, URL, region. `event_grid_topic` names the vault's system topic, in the vault's resource group, where it has one already: Azure allows one per vault."
  type = map(object({
    id               = string
    url              = string
    location         = string
    event_grid_topic = optional(string)
  }))
  nullable = false
}

variable "servers" {
  description = "PostgreSQL servers: host as its certificate names it, and the database to log in to. With `id` (a flexible server) its logs go to the workspace. `ca` is a PEM text, where the system's CAs do not do."
  type = map(object({
    host     = string
    port     = optional(number, 5432)
    database = optional(string, "postgres")
    ca       = optional(string)
    id       = optional(string)
  }))
  nullable = false
}

variable "clusters" {
  description = "Kubernetes clusters: the API server's https URL, and its CA as a PEM text (AKS signs with a CA of each cluster)."
  type = map(object({
    server = string
    ca     = optional(string)
  }))
  default  = {}
  nullable = false
}

variable "secrets" {
  description = "The managed secrets by their name in the vault, as in rotation.config.yaml: docs/configuration.md says what each option means."
  type = map(object({
    vault    = string
    strategy = optional(string)
    server   = string
    role     = string
    login = object({
      mode   = string
      vault  = optional(string)
      secret = optional(string)
      role   = optional(string)
      recovery = optional(object({
        vault  = optional(string)
        secret = string
        role   = string
      }))
    })
    rotateEveryDays  = optional(number)
    expiryMarginDays = optional(number)
    derived = optional(list(object({
      secret   = string
      template = string
    })), [])
    consumers = optional(list(object({
      cluster               = string
      namespace             = string
      kind                  = string
      name                  = string
      delivery              = map(string)
      copyTimeoutSeconds    = optional(number)
      rolloutTimeoutSeconds = optional(number)
    })), [])
  }))
  nullable = false

  validation {
    condition     = alltrue([for secret in var.secrets : contains(["self", "admin-secret"], secret.login.mode)])
    error_message = "login.mode of a secret is neither \"self\" nor \"admin-secret\"."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : secret.login.mode == "self" || (secret.login.secret != null && secret.login.role != null)])
    error_message = "A secret with login.mode \"admin-secret\" needs login.secret and login.role."
  }
}

variable "signing_key_id" {
  description = "Key Vault key that signs the audit log's head: its `resource_versionless_id` (an ARM id, not a URL), EC on P-256."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("(?i)^/subscriptions/.+/vaults/[0-9a-z-]+/keys/[0-9a-z-]+$", var.signing_key_id))
    error_message = "signing_key_id is \"${var.signing_key_id}\"; give the key's resource_versionless_id: /subscriptions/.../vaults/<vault>/keys/<key>."
  }
}

variable "operators" {
  description = "Whose tokens the API accepts: `issuer` https://login.microsoftonline.com/<tenant>/v2.0, `audience` the client id of the app registration with the roles Rotation.Read, Rotation.Operate and Audit.Read."
  type = object({
    issuer   = string
    audience = string
  })
  nullable = false
}

variable "alert_receivers" {
  description = "Who is told of alerts: a name and an e-mail address each."
  type        = map(string)
  nullable    = false
}

variable "log_analytics_workspace_id" {
  description = "Log Analytics workspace for diagnostics, alerts and the second copy of the audit log's signed heads. Give it an owner who does not own the audit storage."
  type        = string
  nullable    = false
}

variable "audit_locked" {
  description = "Lock the audit log's immutability policy. It cannot be undone: until the last blob's retention is over, neither container nor account can be deleted. false is for test environments."
  type        = bool
  default     = true
  nullable    = false
}

variable "audit_retention_days" {
  description = "How many days the audit log is immutable. Once locked, the period can only be lengthened, five times at most."
  type        = number
  default     = 365
  nullable    = false
}

variable "audit_replication" {
  description = "Replication of the audit log's account. GZRS keeps a copy in the paired region; ZRS where the region has no pair."
  type        = string
  default     = "GZRS"
  nullable    = false
}
