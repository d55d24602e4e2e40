# What an operator looks at: the alerts' own queries, and rotations over a month.
# WB1. A query is a file in alerts/ or workbook/. Otherwise: workbook and alert answer the same question differently.
#      Kept by: alerts.test.ts.

locals {
  workbook = [
    { title = "Hours since the last sweep", query = "workbook/sweep-age.kql", days = 2, visualization = "table" },
    { title = "Overdue, expired or unreadable", query = "alerts/secret-overdue.kql", days = 2, visualization = "table" },
    { title = "Drift", query = "alerts/drift.kql", days = 2, visualization = "table" },
    { title = "Not delivered", query = "alerts/published-not-delivered.kql", days = 2, visualization = "table" },
    { title = "Every secret at the last sweep", query = "workbook/secrets.kql", days = 2, visualization = "table" },
    { title = "Rotations by outcome", query = "workbook/rotations.kql", days = 90, visualization = "barchart" },
    { title = "Duration", query = "workbook/duration.kql", days = 90, visualization = "table" },
    { title = "Faults", query = "workbook/faults.kql", days = 7, visualization = "table" },
  ]
}

resource "azurerm_application_insights_workbook" "rotations" {
  # Azure wants a GUID; this one is the same at every apply.
  name                = uuidv5("oid", "titanic-secret-rotator ${var.name}")
  display_name        = "Secret rotations: ${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  # In small letters: Azure answers with those, and each plan would change it (azurerm 27755).
  source_id = lower(var.log_analytics_workspace_id)

  data_json = jsonencode({
    version             = "Notebook/1.0"
    "$schema"           = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
    fallbackResourceIds = [lower(var.log_analytics_workspace_id)]
    items = [
      for item in local.workbook : {
        type = 3
        name = item.query
        content = {
          version       = "KqlItem/1.0"
          title         = item.title
          query         = "${local.notices}${file("${path.module}/${item.query}")}"
          size          = 0
          queryType     = 0
          resourceType  = "microsoft.operationalinsights/workspaces"
          timeContext   = { durationMs = item.days * 86400000 }
          visualization = item.visualization
        }
      }
    ]
  })
}
