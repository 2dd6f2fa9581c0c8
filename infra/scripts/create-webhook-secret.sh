#!/usr/bin/env sh
# Makes the secret that Graph sends back with every notification, once, in the key vault. It is never shown, and is no
# parameter of a deployment, which could be read. `azd provision` runs this; it does nothing when the secret is there.
# Needs: az, signed in as somebody who has the role Key Vault Secrets Officer at the vault (the template gives it to
# whoever deploys), openssl, and KEY_VAULT_NAME, AZURE_RESOURCE_GROUP, FUNCTION_APP_NAME as azd sets them.
set -eu
name=notification-client-state
: "${KEY_VAULT_NAME:?is the output of the same name of the deployment}"
: "${AZURE_RESOURCE_GROUP:?is the output of the same name of the deployment}"
: "${FUNCTION_APP_NAME:?is the output of the same name of the deployment}"

exists() {
  az keyvault secret list --vault-name "$KEY_VAULT_NAME" --query "[?name=='$name'].name" --output tsv
}

# A role that was given a moment ago reaches the vault within minutes.
tries=0
until found=$(exists); do
  tries=$((tries + 1))
  if [ "$tries" -ge 20 ]; then
    echo "The vault $KEY_VAULT_NAME does not let you list its secrets: Key Vault Secrets Officer is missing, or its network rules keep you out (ALLOWED_ADDRESSES)." >&2
    exit 1
  fi
  echo "Waiting for the role at $KEY_VAULT_NAME ($tries of 20)" >&2
  sleep 15
done

if [ -n "$found" ]; then
  echo "$name is there"
  exit 0
fi

# Through a file, since everybody on this machine can read the arguments of a command.
file=$(mktemp)
trap 'rm -f "$file"' EXIT
chmod 600 "$file"
openssl rand -hex 32 | tr -d '\n' > "$file"
az keyvault secret set --vault-name "$KEY_VAULT_NAME" --name "$name" --file "$file" --encoding utf-8 --output none
echo "$name was made"

# The app has looked for it in vain: it looks again now, and not in a day.
site=$(az functionapp show --resource-group "$AZURE_RESOURCE_GROUP" --name "$FUNCTION_APP_NAME" --query id --output tsv)
az rest --method post --output none \
  --url "$site/config/configreferences/appsettings/refresh?api-version=2022-03-01"
