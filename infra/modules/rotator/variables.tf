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
  description = "Key Vaults by the name that the configuration uses: resource id, URL, region. `event_grid_topic` names the vault's system topic, in the vault's resource group, where it has one already (with a system-assigned identity): Azure allows one per vault. `diagnostics` false where a setting sends AuditEvent to the workspace already."
  type = map(object({
    id               = string
    url              = string
    location         = string
    event_grid_topic = optional(string)
    diagnostics      = optional(bool, true)

    writesPer10Seconds = optional(number)
  }))
  nullable = false
}

variable "servers" {
  description = "PostgreSQL servers: host as its certificate names it, and the database to log in to. With `diagnostics` and the `id` of a flexible server its logs go to the workspace. `ca` is a PEM text, where the system's CAs do not do."
  type = map(object({
    host        = string
    port        = optional(number, 5432)
    database    = optional(string, "postgres")
    ca          = optional(string)
    id          = optional(string)
    diagnostics = optional(bool, false)

    sessionsAtOnce = optional(number)
  }))
  nullable = false
}

variable "clusters" {
  description = "Kubernetes clusters: the API server's https URL, and its CA as a PEM text (AKS signs with a CA of each cluster)."
  type = map(object({
    server = string
    ca     = optional(string)

    deliveriesAtOnce = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setintersection(keys(var.clusters), keys(var.servers))) == 0
    error_message = "A cluster and a server have one name; their CA files would be one. Name them differently."
  }

  validation {
    condition     = length(setintersection(keys(var.repositories), concat(keys(var.servers), keys(var.clusters)))) == 0
    error_message = "A repository and a server or cluster have one name; their CA files would be one. Name them differently."
  }
}

variable "repositories" {
  description = "Git repositories that deliveries by flux-sops and kustomize-generator commit to, as in rotation.config.yaml (docs/configuration.md). `ca` is a PEM text."
  type = map(object({
    url    = string
    branch = optional(string)
    ca     = optional(string)
    email  = optional(string)
    login = object({
      mode         = string
      vault        = optional(string)
      secret       = optional(string)
      user         = optional(string)
      app          = optional(string)
      installation = optional(number)
      key          = optional(string)
      api          = optional(string)
    })
    pullRequests = optional(object({
      host = string
      api  = optional(string)
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for repository in var.repositories : contains(["secret", "entra", "github-app"], repository.login.mode)])
    error_message = "login.mode of a repository is none of \"secret\", \"entra\" and \"github-app\"."
  }
}

variable "approvals" {
  description = "Which rotations another person has to approve, as in rotation.config.yaml. Without it: those of secrets that say `approval: required`."
  type = object({
    required    = optional(bool)
    expireHours = optional(number)
  })
  default = null
}

variable "freezes" {
  description = "Times in which no rotation starts by itself, as in rotation.config.yaml: `from` and `to` with their offsets. Without `secrets` for all."
  type = list(object({
    from    = string
    to      = string
    reason  = string
    secrets = optional(list(string))
  }))
  default  = []
  nullable = false
}

variable "policy_classes" {
  description = "Why secrets are rotated as often as they are, as in rotation.config.yaml: each with its rationale, its risk analysis and how old a value may be, in days."
  type = map(object({
    rationale    = string
    riskAnalysis = string
    maxDays      = number
  }))
  default  = {}
  nullable = false
}

variable "exemptions" {
  description = "Secrets that are not rotated, or may be late, as in rotation.config.yaml: `until` with its offset."
  type = list(object({
    vault  = string
    secret = string
    owner  = string
    reason = string
    until  = string
  }))
  default  = []
  nullable = false
}

variable "notifications" {
  description = "Channels that get notifications, as in rotation.config.yaml: docs/configuration.md says what each option means. `ca` is a PEM text."
  type = map(object({
    kind = string
    url  = optional(string)
    address = optional(object({
      vault  = string
      secret = string
      host   = string
    }))
    signing = optional(list(object({
      vault  = string
      secret = string
    })))
    on               = optional(list(string))
    secrets          = optional(list(string))
    namespaces       = optional(list(string))
    retryingMinutes  = optional(number)
    ca               = optional(string)
    privateAddresses = optional(list(string))
  }))
  default  = {}
  nullable = false
}

variable "backups" {
  description = "Key Vault's own backups of the managed and derived secrets, in a storage account of their own. null: none are made. `keepDays`: how long each is immutable, and when it is deleted. `locked` cannot be undone: until the last backup's time is over, neither container nor account can be deleted; false is for test environments. `replication`: GZRS keeps a copy in the paired region."
  type = object({
    keepDays    = optional(number, 365)
    locked      = optional(bool, true)
    replication = optional(string, "GZRS")
  })
  default = null

  validation {
    condition     = var.backups == null || try(var.backups.keepDays >= 30 && var.backups.keepDays <= 3650, false)
    error_message = "backups.keepDays is ${try(var.backups.keepDays, 0)}; give whole days, 30 to 3650."
  }
}

variable "app_url" {
  description = "Where people reach the app, https://..., where that is not the name that the platform gave it: notifications link there."
  type        = string
  default     = ""
  nullable    = false
}

variable "notification_topics" {
  description = "Resource ids of the Event Grid topics that channels of kind event-grid send to, by any name: the app may send to these. The topic takes the CloudEvents schema."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = "The managed secrets by id, as in rotation.config.yaml: docs/configuration.md says what each option means. Without `name` the id is the name in the vault."
  type = map(object({
    vault    = string
    name     = optional(string)
    strategy = optional(string)
    server   = optional(string)
    role     = optional(string)
    roles    = optional(list(string))
    owner    = optional(string)
    login = optional(object({
      mode   = string
      vault  = optional(string)
      secret = optional(string)
      role   = optional(string)
      recovery = optional(object({
        vault  = optional(string)
        secret = string
        role   = string
      }))
    }))
    random = optional(object({
      format = optional(string)
      bits   = optional(number)
      prefix = optional(string)
      classes = optional(list(object({
        characters = string
        atLeast    = optional(number)
      })))
    }))
    fallbacks = optional(object({
      sessionLifetimeHours = number
    }))
    retire = optional(object({
      afterHours          = optional(number)
      poolLifetimeMinutes = optional(number)
    }))
    value = optional(object({
      template = string
      format   = optional(string)
    }))
    rotateEveryDays  = optional(number)
    expiryMarginDays = optional(number)
    policyClass      = optional(string)
    automatic        = optional(bool)
    windows = optional(list(object({
      cron    = string
      minutes = number
      zone    = string
    })))
    expiryBeatsWindowDays = optional(number)
    spreadDays            = optional(number)
    approval              = optional(string)
    derived = optional(list(object({
      secret   = string
      template = string
      format   = optional(string)
    })), [])
    consumers = optional(list(object({
      cluster               = string
      namespace             = string
      kind                  = string
      name                  = string
      canary                = optional(bool)
      roll                  = optional(string)
      rollTogetherSeconds   = optional(number)
      copyTimeoutSeconds    = optional(number)
      rolloutTimeoutSeconds = optional(number)
      maxExposureSeconds    = optional(number)
      events                = optional(bool)
      delivery = object({
        path                = string
        secretProviderClass = optional(string)
        pollSeconds         = optional(number)
        externalSecret      = optional(string)
        secret              = optional(string)
        keys                = optional(map(string))
        repository          = optional(string)
        file                = optional(string)
        recipients          = optional(list(string))
        fluxNamespace       = optional(string)
        kustomization       = optional(string)
        applicationName     = optional(string)
        reloadSeconds       = optional(number)
      })
      application = optional(object({
        readsAgain    = optional(bool)
        keepsSessions = optional(bool)
        startSeconds  = optional(number)
      }))
    })), [])
  }))
  nullable = false

  validation {
    condition     = alltrue([for secret in var.secrets : secret.login == null || contains(["self", "admin-secret", "entra-token"], try(secret.login.mode, ""))])
    error_message = "login.mode of a secret is neither \"self\" nor \"admin-secret\" nor \"entra-token\"."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : try(secret.login.mode, "self") == "self" || ((try(secret.login.secret, null) != null) == (try(secret.login.mode, "") == "admin-secret") && try(secret.login.role, null) != null)])
    error_message = "A secret with login.mode \"admin-secret\" needs login.secret and login.role, one with \"entra-token\" login.role alone."
  }

  validation {
    condition = alltrue([
      for secret in var.secrets : coalesce(secret.strategy, "single-user") == "random-value" || (secret.server != null && (secret.role != null || secret.roles != null) && secret.login != null)
    ])
    error_message = "A secret needs server, role (or roles and owner) and login, unless its strategy is \"random-value\"."
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
  description = "Whose tokens the API accepts: `issuer` https://login.microsoftonline.com/<tenant>/v2.0, `audience` the client id of the app registration with the roles Rotation.Read, Rotation.Operate, Rotation.Approve, Rotation.BreakGlass and Audit.Read. `page_client_id`: the registration by which people sign in on the page, with output `page_url` as a redirect URI of a single-page application; empty: nobody can."
  type = object({
    issuer         = string
    audience       = string
    page_client_id = optional(string, "")
  })
  nullable = false
}

variable "operator_ranges" {
  description = "Addresses (CIDR) from which operators call the API. Empty: nobody but Event Grid reaches the app."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "deployer_ranges" {
  description = "Addresses (CIDR) from which packages are deployed. Empty: nobody can deploy."
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
  description = "Who may read a secret besides the rotator, by the secret's id: a name and the object id of an identity each (a workload's, the CSI driver's, a person's; not a group's). An alert says when anyone else reads one of these secrets; the vault's AuditEvent log must arrive in the workspace. Secrets without an entry are not watched."
  type        = map(map(string))
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.known_readers), keys(var.secrets))) == 0
    error_message = "known_readers names a secret that there is not: ${join(", ", setsubtract(keys(var.known_readers), keys(var.secrets)))}. Give ids of `secrets`."
  }

  validation {
    condition     = alltrue(flatten([for readers in var.known_readers : [for id in values(readers) : can(regex("(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", id))]]))
    error_message = "known_readers has an entry that is no object id; `az ad sp show --id <client id> --query id` prints an application's, `az identity show ... --query principalId` an identity's."
  }
}

variable "otlp_endpoint" {
  description = "OpenTelemetry collector that the app's subnet reaches, https://...: it gets traces and metrics by OTLP over HTTP (docs/telemetry.md). Empty: nothing is sent."
  type        = string
  default     = ""
  nullable    = false
}

variable "otlp_headers_secret_id" {
  description = "Where the collector wants a key: id of the Key Vault secret with its headers, `key=value,...`, as .../vaults/<vault>/secrets/<name>. The app gets a reference to it, never the value (docs/telemetry.md)."
  type        = string
  default     = null

  validation {
    condition     = var.otlp_headers_secret_id == null || can(regex("^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+/secrets/[0-9A-Za-z-]+$", var.otlp_headers_secret_id))
    error_message = "otlp_headers_secret_id is no id of a Key Vault secret, without a version: /subscriptions/.../vaults/<vault>/secrets/<name>. Put the headers into such a secret, never here."
  }
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

variable "audit_copy_container_url" {
  description = "Second store of the audit log's signed heads: the URL of a blob container in an account of others, who give the rotator's identity the data action blobs/add/action on it (docs/security.md). Without it, heads are copied to the Log Analytics workspace."
  type        = string
  default     = null
}

variable "configuration_container_url" {
  description = "Where the configuration is, if not in the app's package: the URL of a blob container in an account of those who may change it, who give the rotator's identity the data action blobs/read on it and nobody else a right to write (docs/security.md). What is rotated is then in rotation.config.yaml there, and rights are still given by `secrets`."
  type        = string
  default     = null
}

variable "log_analytics_location" {
  description = "Region of the workspace, where it is not the rotator's."
  type        = string
  default     = null
}

variable "network" {
  description = "The app's subnet (delegated to Microsoft.App/environments, /26 or larger, nothing else in it), the subnet of private endpoints, the private DNS zones by part (blob, queue, table) where this module registers the names, and the public addresses by which the app's subnet leaves the network (its NAT gateway)."
  type = object({
    app_subnet_id        = string
    endpoint_subnet_id   = string
    private_dns_zone_ids = optional(map(string), {})
    egress_ranges        = optional(list(string), [])
  })
  nullable = false
}

variable "durable_backend" {
  description = "Where orchestrations live: \"durable-task-scheduler\", or \"azure-storage\" where the scheduler does not exist in the region."
  type        = string
  default     = "durable-task-scheduler"
  nullable    = false

  validation {
    condition     = contains(["durable-task-scheduler", "azure-storage"], var.durable_backend)
    error_message = "durable_backend is \"${var.durable_backend}\"; give \"durable-task-scheduler\" or \"azure-storage\"."
  }

  validation {
    condition     = var.durable_backend != "durable-task-scheduler" || length(var.network.egress_ranges) > 0
    error_message = "network.egress_ranges is empty, so the scheduler would refuse the app. Give the public addresses of the subnet's NAT gateway."
  }
}

variable "node_version" {
  description = "Node.js of the app. \"22\" in regions where Flex Consumption has no \"24\" yet."
  type        = string
  default     = "24"
  nullable    = false
}

variable "sweep_schedule" {
  description = "NCRONTAB of the compliance sweep, UTC. The alert \"no sweep for 26 hours\" expects one a day."
  type        = string
  default     = "0 0 6 * * *"
  nullable    = false
}

variable "subscribe" {
  description = "Subscribe to the vaults' events. false until the function is deployed for the first time: Event Grid refuses a function that is not there."
  type        = bool
  nullable    = false
}
