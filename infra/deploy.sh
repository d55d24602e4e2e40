#!/usr/bin/env bash
# From nothing to a rotator that is subscribed to its vaults' events, or from one version to the next:
#
#   infra/deploy.sh [--folder infra/examples/complete] [what terraform apply takes: -auto-approve, -var, -var-file ...]
#
# Needs terraform, az (logged in), Node.js, zip. The state is where infra/backend.tfbackend says (terraform's
# -backend-config); the example has none and keeps it beside itself.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=infra
if [ "${1:-}" = --folder ]; then
	folder=$2
	shift 2
fi

for tool in terraform az npm zip; do
	command -v "$tool" >/dev/null || { echo "$tool is not on the PATH; install it." >&2; exit 1; }
done
backend=()
if grep -q 'backend "azurerm"' "$folder"/*.tf; then
	[ -f "$folder/backend.tfbackend" ] || {
		echo "$folder/backend.tfbackend is missing: write resource_group_name, storage_account_name, container_name and key of the state." >&2
		exit 1
	}
	backend=(-backend-config=backend.tfbackend)
fi
tf() { terraform -chdir="$folder" "$@"; }
output() { tf output -raw "$1"; }

tf init -input=false "${backend[@]}"

# Subscriptions that are there stay. The first time there is no function yet for Event Grid to deliver to.
subscribed=$(output ROTATOR_SUBSCRIBED 2>/dev/null || true)
[ "$subscribed" = true ] || subscribed=false
tf apply -input=false -var subscribe="$subscribed" "$@"

for name in AZURE_RESOURCE_GROUP SERVICE_ROTATOR_NAME ROTATOR_DURABLE_BACKEND ROTATOR_PACKAGE_FILES; do
	value=$(output "$name")
	export "$name=$value"
done
npm run -s package
rm -f dist/app.zip
(cd dist/app && zip -qr ../app.zip . -x .funcignore)
az functionapp deployment source config-zip --resource-group "$AZURE_RESOURCE_GROUP" --name "$SERVICE_ROTATOR_NAME" \
	--src dist/app.zip --output none

if [ "$subscribed" = false ]; then
	infra/await-function.sh
	tf apply -input=false -var subscribe=true "$@"
fi
echo "Deployed to https://$(output ROTATOR_HOST_NAME), subscribed to the vaults' events."
