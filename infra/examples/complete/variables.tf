variable "subscription_id" {
  description = "Subscription where everything is made."
  type        = string
  nullable    = false
}

variable "environment_name" {
  description = "Name of this installation; it ends names that must differ from everybody else's. At most 8 lower-case letters and digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{1,8}$", var.environment_name))
    error_message = "environment_name is \"${var.environment_name}\"; give 1 to 8 lower-case letters and digits."
  }
}

variable "location" {
  description = "Azure region, one with Flex Consumption and Durable Task Scheduler."
  type        = string
  nullable    = false
}

variable "subscribe" {
  description = "Subscribe to the vault's events: true once the function is deployed."
  type        = bool
  default     = false
  nullable    = false
}

variable "deployer_ranges" {
  description = "Addresses (CIDR, separated by commas) of the machine that runs this: it writes the vault's first secrets and deploys the package."
  type        = string
  nullable    = false
}

variable "operators_audience" {
  description = "Client id of the API's app registration (docs/deploy.md)."
  type        = string
  nullable    = false
}

variable "operator_ranges" {
  description = "Addresses (CIDR) from which operators call the API."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "database_administrators" {
  description = "Entra group that administers the database server: object id and name."
  type = object({
    object_id = string
    name      = string
  })
  nullable = false
}

variable "alert_receivers" {
  description = "Who gets the alerts: a name and an e-mail address each."
  type        = map(string)
  nullable    = false
}

variable "audit_locked" {
  description = "Lock the audit log's immutability policy: then this world cannot be destroyed until the retention is over."
  type        = bool
  default     = false
  nullable    = false
}
