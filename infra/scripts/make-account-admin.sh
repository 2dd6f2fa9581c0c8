#!/usr/bin/env bash
# Makes the identity of the Function App an account admin of a Databricks account, which is what the account's SCIM API asks
# of an Entra identity. Databricks knows no lesser role that may provision.
#
#   infra/scripts/make-account-admin.sh <account id> <client id of the identity>
#
# The client id is the output IDENTITY_CLIENT_ID: `azd env get-value IDENTITY_CLIENT_ID`.
# Run it as an account admin, signed in with `az login`, once; running it again changes nothing. Two requests, which the
# account console makes as well (User management, Service principals, Add; then Roles, Account admin):
#   1. the identity becomes a service principal of the account, named by its client id, unless it is one;
#   2. the role account_admin is added to it.
# Other clouds: DATABRICKS_ACCOUNTS=https://accounts.azuredatabricks.us.
set -euo pipefail

account=${1:-}
client=${2:-}
if [[ ! $account =~ ^[0-9a-fA-F-]{36}$ || ! $client =~ ^[0-9a-fA-F-]{36}$ ]]; then
  echo 'usage: make-account-admin.sh <account id> <client id of the identity>' >&2
  exit 2
fi
url="${DATABRICKS_ACCOUNTS:-https://accounts.azuredatabricks.net}/api/2.0/accounts/$account/scim/v2/ServicePrincipals"
# The application that Entra tokens for Azure Databricks are issued for, the same in every tenant.
databricks=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d
call() { az rest --resource "$databricks" --headers 'Content-Type=application/scim+json' "$@"; }

find() {
  call --method get --url "$url?filter=applicationId%20eq%20%22$client%22" --query 'Resources[0].id' --output tsv
}
id=$(find)
if [[ -z $id ]]; then
  id=$(call --method post --url "$url" --query id --output tsv --body "{
    \"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal\"],
    \"applicationId\": \"$client\", \"displayName\": \"entra-databricks-provisioning\", \"active\": true }")
  echo "added     service principal $client"
fi
roles=$(call --method get --url "$url/$id" --query 'roles[].value' --output tsv)
if grep -qx account_admin <<< "$roles"; then
  echo 'there     account_admin'
else
  call --method patch --url "$url/$id" --output none --body '{
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{ "op": "add", "path": "roles", "value": [{ "value": "account_admin" }] }] }'
  echo 'granted   account_admin'
fi
