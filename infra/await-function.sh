#!/bin/sh
# Waits until Azure knows the function that events are delivered to: it reads the package some time after the deployment.
# Takes AZURE_RESOURCE_GROUP and SERVICE_ROTATOR_NAME, Terraform's outputs, from the environment.
set -eu

tries=30
while ! az functionapp function show --resource-group "$AZURE_RESOURCE_GROUP" --name "$SERVICE_ROTATOR_NAME" \
	--function-name events --output none 2>/dev/null; do
	tries=$((tries - 1))
	if [ "$tries" -eq 0 ]; then
		echo "The function 'events' of $SERVICE_ROTATOR_NAME is not there 5 minutes after the deployment." >&2
		echo "Look at the app's log stream; then run the command again." >&2
		exit 1
	fi
	sleep 10
done
