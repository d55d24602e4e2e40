#!/usr/bin/env bash
# From nothing to a rotator that is subscribed to its vaults' events, or from one version to the next:
#
#   infra/deploy.sh [--folder infra/examples/complete] [what terraform apply takes: -auto-approve, -var, -var-file ...]
#   infra/deploy.sh --only provision | package | deploy [the same]      one part, so that no part needs what another one has
#
# provision  makes what Azure has to have, and writes dist/installation.env: what the package needs to know of it
# package    builds dist/app.zip; the only part that runs npm and what it installed, and the only one that needs no login
# deploy     sends dist/app.zip, and subscribes to the vaults' events
#
# Needs terraform, az (logged in), Node.js 24, zip, and `npm ci --ignore-scripts` before it. The state is where
# infra/backend.tfbackend says (terraform's -backend-config); the example has none and keeps it beside itself.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=infra
only=
while [ $# -gt 0 ]; do
	case $1 in
	--folder) folder=$2 ;;
	--only) only=$2 ;;
	*) break ;;
	esac
	shift 2
done

needs() {
	for tool; do
		command -v "$tool" >/dev/null || { echo "$tool is not on the PATH; install it." >&2; exit 1; }
	done
}

tf() { terraform -chdir="$folder" "$@"; }
output() { tf output -raw "$1"; }
# Subscriptions that are there stay. The first time there is no function yet for Event Grid to deliver to.
subscribed() { [ "$(output ROTATOR_SUBSCRIBED 2>/dev/null)" = true ] && echo true || echo false; }

init() {
	backend=()
	if grep -q 'backend "azurerm"' "$folder"/*.tf; then
		[ -f "$folder/backend.tfbackend" ] || {
			echo "$folder/backend.tfbackend is missing: write resource_group_name, storage_account_name, container_name and key of the state." >&2
			exit 1
		}
		backend=(-backend-config=backend.tfbackend)
	fi
	tf init -input=false "${backend[@]}"
}

provision() {
	tf apply -input=false -var subscribe="$(subscribed)" "$@"
	mkdir -p dist
	: >dist/installation.env
	for name in ROTATOR_DURABLE_BACKEND ROTATOR_PACKAGE_FILES; do
		value=$(output "$name")
		printf '%s=%s\n' "$name" "$value" >>dist/installation.env
	done
}

# The file is read as data, never as a script.
package() {
	[ -f dist/installation.env ] || { echo "dist/installation.env is missing; run infra/deploy.sh --only provision." >&2; exit 1; }
	while read -r line; do
		case $line in ROTATOR_DURABLE_BACKEND=* | ROTATOR_PACKAGE_FILES=*) export "$line" ;; esac
	done <dist/installation.env
	npm run -s package
	rm -f dist/app.zip
	(cd dist/app && zip -qr ../app.zip . -x .funcignore)
}

deploy() {
	[ -f dist/app.zip ] || { echo "dist/app.zip is missing; run infra/deploy.sh --only package." >&2; exit 1; }
	for name in AZURE_RESOURCE_GROUP SERVICE_ROTATOR_NAME; do
		value=$(output "$name")
		export "$name=$value"
	done
	az functionapp deployment source config-zip --resource-group "$AZURE_RESOURCE_GROUP" --name "$SERVICE_ROTATOR_NAME" \
		--src dist/app.zip --output none
	if [ "$(subscribed)" = false ]; then
		infra/await-function.sh
		tf apply -input=false -var subscribe=true "$@"
	fi
	echo "Deployed to https://$(output ROTATOR_HOST_NAME), subscribed to the vaults' events."
}

case $only in
"")
	needs terraform az npm zip
	init
	provision "$@"
	package
	deploy "$@"
	;;
provision)
	needs terraform
	init
	provision "$@"
	;;
package)
	needs npm zip
	package
	;;
deploy)
	needs terraform az
	init
	deploy "$@"
	;;
*)
	echo "--only takes provision, package or deploy." >&2
	exit 1
	;;
esac
