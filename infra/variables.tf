# What is asked for here is what Terraform cannot find out from ids. Write it into rotation.auto.tfvars
# (rotation.auto.tfvars.example), which Terraform reads by itself; the first four come from azd or infra/deploy.sh.

variable "subscription_id" {
  description = "Subscription of the rotator and of what it is beside."
  type        = string
  nullable    = false
}

variable "environment_name" {
  description = "azd's name of this installation, a tag of its resource group."
  type        = string
  nullable    = false
}

variable "location" {
  description = "Azure region of the rotator."
  type        = string
  nullable    = false
}

variable "subscribe" {
  description = "Subscribe to the vaults' events: true once the function is deployed."
  type        = bool
  default     = false
  nullable    = false
}

variable "deployer_ranges" {
  description = "Addresses (CIDR, separated by commas) from which packages are deployed. Empty: nobody can deploy."
  type        = string
  default     = ""
  nullable    = false
}

variable "name" {
  description = "Name of the rotator, stem of its resources' names, some of which nobody else in the world may have."
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
  description = "Key Vaults by the name that the configuration uses; URL and region are read from Azure. See modules/rotator."
  type = map(object({
    id               = string
    event_grid_topic = optional(string)
    diagnostics      = optional(bool, true)

    writesPer10Seconds = optional(number)
  }))
  nullable = false
}

variable "servers" {
  description = "PostgreSQL servers: a flexible server by `id`, any other one by `host`. See modules/rotator."
  type = map(object({
    id          = optional(string)
    host        = optional(string)
    port        = optional(number, 5432)
    database    = optional(string, "postgres")
    ca          = optional(string)
    diagnostics = optional(bool, false)

    sessionsAtOnce = optional(number)
  }))
  nullable = false

  validation {
    condition     = alltrue([for server in var.servers : (server.id == null) != (server.host == null)])
    error_message = "Each server has either an id (a flexible server) or a host."
  }
}

variable "clusters" {
  description = "AKS clusters by `id`, with their CA: `kubectl config view --raw` shows it as certificate-authority-data. It is asked for, because Terraform could read it only together with users' credentials, and would keep those in its state."
  type = map(object({
    id                         = string
    certificate_authority_data = string

    deliveriesAtOnce = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "repositories" {
  description = "Git repositories that deliveries by flux-sops and kustomize-generator commit to. See modules/rotator."
  # Not spelt out again, as with secrets.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for repository in var.repositories : length(setsubtract(keys(repository), ["url", "branch", "ca", "email", "login", "pullRequests"])) == 0
    ])
    error_message = "A repository has an option that there is not. docs/configuration.md lists them."
  }
}

variable "approvals" {
  description = "Which rotations another person has to approve. See modules/rotator."
  type        = any
  default     = null

  validation {
    condition     = var.approvals == null ? true : length(setsubtract(keys(var.approvals), ["required", "expireHours"])) == 0
    error_message = "approvals has an option that there is not. docs/configuration.md lists them."
  }
}

variable "freezes" {
  description = "Times in which no rotation starts by itself. See modules/rotator."
  type        = any
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for freeze in var.freezes : length(setsubtract(keys(freeze), ["from", "to", "reason", "secrets"])) == 0
    ])
    error_message = "A freeze has an option that there is not. docs/configuration.md lists them."
  }
}

variable "policy_classes" {
  description = "Why secrets are rotated as often as they are. See modules/rotator."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for class in var.policy_classes : length(setsubtract(keys(class), ["rationale", "riskAnalysis", "maxDays"])) == 0
    ])
    error_message = "A policy class has an option that there is not. docs/configuration.md lists them."
  }
}

variable "exemptions" {
  description = "Secrets that are not rotated, or may be late. See modules/rotator."
  type        = any
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for exemption in var.exemptions : length(setsubtract(keys(exemption), ["vault", "secret", "owner", "reason", "until"])) == 0
    ])
    error_message = "An exemption has an option that there is not. docs/configuration.md lists them."
  }
}

variable "notifications" {
  description = "Channels that get notifications. See modules/rotator."
  # Not spelt out again, as with secrets.
  type     = any
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for channel in var.notifications : length(setsubtract(keys(channel), [
        "kind", "url", "address", "signing", "on", "secrets", "namespaces", "retryingMinutes", "ca", "privateAddresses",
      ])) == 0
    ])
    error_message = "A channel of notifications has an option that there is not. docs/configuration.md lists them."
  }
}

variable "backups" {
  description = "Key Vault's own backups of the managed and derived secrets: `keepDays`, `locked`, `replication`. null: none are made. See modules/rotator."
  type = object({
    keepDays    = optional(number, 365)
    locked      = optional(bool, true)
    replication = optional(string, "GZRS")
  })
  default = null
}

variable "app_url" {
  description = "Where people reach the app, https://..., where that is not the name that the platform gave it: notifications link there."
  type        = string
  default     = ""
  nullable    = false
}

variable "notification_topics" {
  description = "Resource ids of the Event Grid topics that channels of kind event-grid send to, by any name. See modules/rotator."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = "The managed secrets, as in rotation.config.yaml (docs/configuration.md)."
  # Not spelt out again: modules/rotator has the type. `any` also keeps unknown options, which are refused below; a typed
  # variable would drop them without a word.
  type     = any
  nullable = false

  validation {
    condition = alltrue([
      for secret in var.secrets : length(setsubtract(keys(secret), [
        "vault", "name", "strategy", "server", "role", "roles", "owner", "login", "random", "fallbacks", "retire", "value", "rotateEveryDays", "expiryMarginDays",
        "policyClass", "automatic", "windows", "expiryBeatsWindowDays", "spreadDays", "approval", "derived", "consumers",
      ])) == 0
    ])
    error_message = "A secret has an option that there is not. docs/configuration.md lists them."
  }
}

variable "signing_key_id" {
  description = "Key that signs the audit log's head: its resource_versionless_id."
  type        = string
  nullable    = false
}

variable "operators" {
  description = "Whose tokens the API accepts. See modules/rotator."
  type = object({
    issuer         = string
    audience       = string
    page_client_id = optional(string, "")
  })
  nullable = false
}

variable "operator_ranges" {
  description = "Addresses (CIDR) from which operators call the API."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alert_receivers" {
  description = "Who gets the alerts: a name and an e-mail address each."
  type        = map(string)
  nullable    = false
}

variable "known_readers" {
  description = "Who may read a secret besides the rotator, by the secret's id; an alert says when anyone else does. See modules/rotator."
  type        = map(map(string))
  default     = {}
  nullable    = false
}

variable "otlp_endpoint" {
  description = "OpenTelemetry collector that the app's subnet reaches, https://...: it gets traces and metrics by OTLP over HTTP (docs/telemetry.md). Empty: nothing is sent."
  type        = string
  default     = ""
  nullable    = false
}

variable "otlp_headers_secret_id" {
  description = "Where the collector wants a key: id of the Key Vault secret with its headers, .../vaults/<vault>/secrets/<name>; see modules/rotator."
  type        = string
  default     = null
}

variable "configuration_container_url" {
  description = "Where the configuration is, if not in the app's package: the URL of a blob container; see modules/rotator."
  type        = string
  default     = null
}

variable "log_analytics_workspace_id" {
  description = "Log Analytics workspace for diagnostics, alerts and signed heads."
  type        = string
  nullable    = false
}

variable "network" {
  description = "Subnets, DNS zones and outward addresses. See modules/rotator."
  type = object({
    app_subnet_id        = string
    endpoint_subnet_id   = string
    private_dns_zone_ids = optional(map(string), {})
    egress_ranges        = optional(list(string), [])
  })
  nullable = false
}

variable "durable_backend" {
  description = "\"durable-task-scheduler\" or \"azure-storage\"."
  type        = string
  default     = "durable-task-scheduler"
  nullable    = false
}

variable "node_version" {
  description = "Node.js of the app: \"24\", or \"22\" where the region has no 24."
  type        = string
  default     = "24"
  nullable    = false
}

variable "audit_locked" {
  description = "Lock the audit log's immutability policy; see modules/rotator. false in environments that are thrown away."
  type        = bool
  default     = true
  nullable    = false
}
