import { TargetUnavailable } from '../identity/errors.ts';
import type { ScimError } from '../scim/errors.ts';

/** Federation is not switched off by itself: until somebody changes the configuration, a look a day is enough. */
const LOOK_AGAIN_AFTER_MS = 24 * 3_600_000;

/**
 * A workspace whose identities are those of the account is no SCIM target: memberships are refused there, and what is
 * created there is the account's.
 */
export function federatedWorkspace(cause?: unknown): TargetUnavailable {
  return new TargetUnavailable(
    'the workspace has identity federation, so that its users and groups are those of the account. Take this target out of the configuration; instead, provision the account as a target of kind "account", and list this workspace under "workspaces" there',
    { cause, afterMs: LOOK_AGAIN_AFTER_MS },
  );
}

/** `meta.resourceType` of a group of the account as a workspace shows it; its own are WorkspaceGroup (Terraform provider, scim/scim.go). */
export const ACCOUNT_GROUP = 'Group';

/** Databricks knowledge base, "Members not supported" failure of SCIM provisioning: status 400, the text in scimType. */
export function saysFederated({ status, scimType, detail }: ScimError): boolean {
  return (
    status === 400 &&
    /(members|groups) attribute not supported for current workspace/i.test(
      `${scimType ?? ''} ${detail ?? ''}`,
    )
  );
}
