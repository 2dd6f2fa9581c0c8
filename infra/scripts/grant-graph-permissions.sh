#!/usr/bin/env bash
# Gives the identity of the Function App its Microsoft Graph permissions. A managed identity has no page on which an
# administrator could consent: each permission is an app-role assignment from the identity to Microsoft Graph.
#
#   infra/scripts/grant-graph-permissions.sh <principal id of the identity> [--hidden-membership] [--show]
#
#   --hidden-membership   Member.Read.Hidden as well: members of groups whose membership is hidden. Set
#                         READ_HIDDEN_MEMBERSHIP=true with it.
#   --show                says what is there and what is missing, and changes nothing.
#
# The principal id is the output IDENTITY_PRINCIPAL_ID: `azd env get-value IDENTITY_PRINCIPAL_ID`.
# Run it as a Privileged Role Administrator, signed in with `az login`, once; running it again changes nothing. Nothing but
# reading is granted:
#   User.Read.All          users, their deltas, the subscription to users
#   GroupMember.Read.All   groups, their members and their deltas
#   Group.Read.All         the subscription to groups takes no less
#   Application.Read.All   service principals, and who is assigned to the enterprise application
# A token that the identity has keeps its old permissions for up to a day: stop and start the app, or wait.
set -euo pipefail

graph_app=00000003-0000-0000-c000-000000000000
permissions=(User.Read.All GroupMember.Read.All Group.Read.All Application.Read.All)
identity=''
show=false
for argument in "$@"; do
  case $argument in
    --hidden-membership) permissions+=(Member.Read.Hidden) ;;
    --show) show=true ;;
    -*) echo "unknown option: $argument" >&2 && exit 2 ;;
    *) identity=$argument ;;
  esac
done
if [[ ! $identity =~ ^[0-9a-fA-F-]{36}$ ]]; then
  echo 'The principal id of the identity is missing: azd env get-value IDENTITY_PRINCIPAL_ID' >&2
  exit 2
fi

graph=$(az ad sp show --id "$graph_app" --query id --output tsv)
assignments="https://graph.microsoft.com/v1.0/servicePrincipals/$identity/appRoleAssignments"
held=$(az rest --method get --url "$assignments?\$top=999" --query "value[?resourceId=='$graph'].appRoleId" --output tsv)

missing=0
for permission in "${permissions[@]}"; do
  # Looked up by its name: an id that is written down wrongly would be another permission.
  role=$(az ad sp show --id "$graph_app" --output tsv \
    --query "appRoles[?value=='$permission' && contains(allowedMemberTypes, 'Application')].id")
  if [[ -z $role ]]; then
    echo "Microsoft Graph knows no application permission $permission" >&2
    exit 1
  fi
  if grep -qix "$role" <<< "$held"; then
    echo "there     $permission"
  elif [[ $show == true ]]; then
    echo "MISSING   $permission"
    missing=1
  else
    az rest --method post --url "$assignments" --output none \
      --body "{\"principalId\":\"$identity\",\"resourceId\":\"$graph\",\"appRoleId\":\"$role\"}"
    echo "granted   $permission"
  fi
done
exit "$missing"
