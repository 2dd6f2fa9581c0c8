import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Where each trap of the real API has its tests: of the pipeline, and of the local Databricks that sets the trap. */
const traps: readonly (readonly [trap: string, ...tests: (readonly [file: string, name: string])[]])[] = [
  [
    'userName and emails are silently kept by PATCH and PUT',
    ['planning/resource-plan.test.ts', 'a userName is never among the changes'],
    ['scenarios/lifecycle-user-name-changes.test.ts', 'a changed user name is reported at once'],
    ['local/databricks/users.test.ts', 'and emails are silently kept by PATCH and PUT'],
  ],
  [
    'a group is created empty, then filled',
    ['scenarios/published-limits.test.ts', 'nothing is refused, nothing is wasted'],
    ['local/databricks/groups.test.ts', 'that fail a creation leave the group behind, empty, under a 500'],
  ],
  [
    'a POST answers 500 though the resource exists',
    ['scenarios/target-answers-500-after-applying.test.ts', 'answered with 500 and took effect'],
    ['local/databricks/hazards.test.ts', 'may be an error after the request was applied'],
  ],
  [
    '409 in all its wordings and shapes',
    ['databricks/failure.test.ts', '409 asks about adoption where a name is given'],
    ['scenarios/stories-of-accounts.ts', 'a create that meets its own object id under its own name, 409'],
    ['scenarios/planted-external-id.test.ts', 'is not taken over'],
    ['scim/client.test.ts', 'a taken name is an error of status 409 with the words of the target'],
  ],
  [
    'four shapes of error bodies, and HTML',
    ['scim/pure.test.ts', 'of %s are read'],
    ['scim/client.test.ts', 'a sign-in page is not taken for the success of a write'],
  ],
  [
    'removals by filter only',
    ['scim/pure.test.ts', 'never send a value with a removal'],
    ['scenarios/what-others-got-wrong.test.ts', "path === 'members' || value !== undefined"],
    [
      'local/databricks/groups.test.ts',
      'removes by filter, and an absent one silently while others are there',
    ],
  ],
  [
    '400 "No such attribute" on a removal is success',
    ['databricks/failure.test.ts', 'means that one member is already gone'],
    ['provisioning/patch-members.test.ts', 'that takes away who is not there any more is done'],
  ],
  [
    '404 on PATCH: lag, a member, or somebody else deleted it',
    ['databricks/failure.test.ts', 'soon after our own write is a lagging replica'],
    ['databricks/failure.test.ts', 'that speaks of another id than the one addressed is about a member'],
    ['scenarios/deleted-in-target.test.ts', 'that somebody else deleted in the target are not created again'],
  ],
  [
    'PUT is never used',
    ['scenarios/what-others-got-wrong.test.ts', "method === 'PUT' || method === 'DELETE'"],
    ['local/databricks/conformance-shapes.test.ts', 'undoes what somebody else adds in between'],
  ],
  [
    'stale and non-monotonic reads',
    ['local/databricks/hazards.test.ts', 'lagging reads show the past and the present in turn'],
    ['scenarios/last-page-missing.test.ts', 'take nothing from anybody who is assigned'],
  ],
  [
    'pages are advanced by what came, and `Resources` may be missing',
    ['scim/client.test.ts', 'a list is read to its end in pages of 100'],
    ['scim/client.test.ts', 'a list that breaks off before its total is a failure, not an end'],
  ],
  [
    'users are filtered by userName only',
    ['scim/search.test.ts', 'a search'],
    [
      'scim/search.test.ts',
      'a target that ignores a filter does not have a stranger taken for the wanted one',
    ],
  ],
  [
    'users, admins and account users are never touched',
    ['scenarios/stories-of-groups.ts', 'a group of a reserved name is never asked for'],
    ['provisioning/name-conflict.test.ts', "test.each(['admins', ' Users ', 'ACCOUNT USERS', 'ａdmins'])"],
    ['local/databricks/conformance-lifecycle.test.ts', 'a group cannot be called %s'],
  ],
  [
    'the pipeline does not switch itself off',
    ['scenarios/own-account-in-a-workspace.test.ts', 'who a workspace says we are is never switched off'],
    ['scenarios/last-administrator.test.ts', 'our own identity stays on'],
  ],
  [
    'workspaces with identity federation refuse memberships',
    ['scenarios/federated-workspace.test.ts', 'a workspace with identity federation is no target'],
    ['local/databricks/federated-workspaces.test.ts', 'a federated workspace'],
  ],
];

test.each(traps)('%s: its tests are where the list says', (_trap, ...tests) => {
  for (const [file, name] of tests) {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    expect(text, file).toContain(name);
  }
});
