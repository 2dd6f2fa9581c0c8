import { z } from 'zod';
import { choice, flag, guid, objectIds, section, text, wholeNumber } from './provisioning-config-fields.ts';
import { mappingRules } from './provisioning-config-rules.ts';
import { scope } from './provisioning-config-scope.ts';
import { targets } from './provisioning-config-targets.ts';

const GUID = '"8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10"';

/** 90 days. */
const LONGEST_GRACE_MINUTES = 129_600;

const source = section(
  {
    tenantId: guid('The directory (tenant) id.'),
    applicationObjectId: guid(
      'The object id of the enterprise application whose assignments say who is provisioned: "Object ID" on its overview page, not the application (client) id. Needed in both modes of scope.',
    ),
    cloud: choice(['public', 'usGovernment', 'china'])
      .default('public')
      .describe('The cloud of the tenant and of Azure Databricks.'),
    readHiddenMembership: flag(
      'Whether the identity holds the Graph permission Member.Read.Hidden. Without it, groups with hidden membership are held, not guessed at.',
    ).default(false),
  },
  `{ "tenantId": ${GUID}, "applicationObjectId": ${GUID} }`,
).describe('The Entra tenant that is the source of truth.');

const graceMinutes = wholeNumber(0, LONGEST_GRACE_MINUTES)
  .default(0)
  .describe(
    'Minutes between the event and the action, at most 129600 (90 days). A return within them cancels the action. Left out with keep.',
  );
const EXAMPLE = '{ "action": "delete", "graceMinutes": 60 }';
const IN_DATABRICKS = 'What is done in Databricks.';

function personPolicy(description: string) {
  const action = choice(['deactivate', 'delete', 'keep']).default('deactivate').describe(IN_DATABRICKS);
  return section({ action, graceMinutes }, EXAMPLE).prefault({}).describe(description);
}

function disabledPolicy(description: string) {
  const action = choice(['deactivate', 'keep'], 'since a disabled account comes back')
    .default('deactivate')
    .describe(IN_DATABRICKS);
  const example = '{ "action": "deactivate", "graceMinutes": 60 }';
  return section({ action, graceMinutes }, example).prefault({}).describe(description);
}

function groupPolicy(description: string) {
  const action = choice(['removeMembers', 'keep', 'delete']).default('removeMembers').describe(IN_DATABRICKS);
  return section({ action, graceMinutes }, EXAMPLE).prefault({}).describe(description);
}

const personPolicies = {
  unassigned: personPolicy('No longer assigned to the enterprise application.'),
  filteredOut: personPolicy('Kept out by a scoping filter or by the exclude list.'),
  disabled: disabledPolicy(
    'Switched off in Entra ID. Such an account comes back, so it cannot be deleted here; with "keep" it stays able to work in Databricks.',
  ),
  softDeleted: personPolicy('Deleted in Entra ID, and still restorable there for up to 30 days.'),
  hardDeleted: personPolicy('Deleted in Entra ID for good.'),
};

const lifecycle = section(
  {
    users: section(personPolicies, '{ "unassigned": { "action": "deactivate" } }')
      .prefault({})
      .describe('What happens to a user who leaves.'),
    servicePrincipals: section(personPolicies, '{ "unassigned": { "action": "deactivate" } }')
      .prefault({})
      .describe('What happens to a service principal or managed identity that leaves.'),
    groups: section(
      {
        unassigned: groupPolicy('No longer assigned to the enterprise application.'),
        filteredOut: groupPolicy('Kept out by a scoping filter or by the exclude list.'),
        deleted: groupPolicy('Deleted in Entra ID.'),
      },
      '{ "unassigned": { "action": "removeMembers" } }',
    )
      .prefault({})
      .describe(
        'What happens to a group that leaves. removeMembers takes away the members that were written and keeps the group; delete waits for an approval.',
      ),
    userNameChange: choice(['report', 'replace'])
      .default('report')
      .describe(
        'A user principal name that changed; Databricks lets no userName be changed. report: the account keeps its old name, and an alert says so. replace: a new account takes over the memberships, and the old one is deactivated.',
      ),
    groupNameConflict: choice(['hold', 'suffix'])
      .default('hold')
      .describe(
        'Two groups of one name. hold: the second waits for a person to decide. suffix: it is provisioned under its name and a part of its object id.',
      ),
  },
  '{ "userNameChange": "report" }',
)
  .prefault({})
  .describe('What happens to those who leave, and when names change.');

const protectedNames = section(
  {
    objectIds: objectIds('Principals that are never deactivated or deleted, such as break-glass accounts.'),
    groupNames: z
      .array(
        text('A group name, in which * stands for any text.').regex(
          /[^*\s]/,
          'a name or a pattern such as "admin-*": one of * alone would stop every group',
        ),
        'a list of group names',
      )
      .default([])
      .describe('Names of groups in Databricks that nothing is created as, renamed to or nested into.')
      .meta({ examples: [['admins', 'prod-*-owners']] }),
  },
  `{ "objectIds": [ ${GUID} ] }`,
)
  .prefault({})
  .describe('What is left alone, whatever Entra ID says, approvals included.');

function removalLimit(count: number, percent: number, within: string) {
  return section(
    {
      count: wholeNumber(0, 1_000_000).default(count).describe('So many may go.'),
      percent: wholeNumber(0, 100).default(percent).describe('This share of all that is linked may go.'),
    },
    `{ "count": ${count}, "percent": ${percent} }`,
  )
    .prefault({})
    .describe(`The larger of both figures may go within ${within}.`);
}

function removalLimits(hour: [number, number], day: [number, number], week: [number, number], what: string) {
  return section(
    {
      perHour: removalLimit(...hour, 'an hour'),
      perDay: removalLimit(...day, '24 hours'),
      perWeek: removalLimit(...week, '7 days'),
    },
    `{ "perHour": { "count": ${hour[0]}, "percent": ${hour[1]} } }`,
  )
    .prefault({})
    .describe(
      `${what} What goes beyond a limit is held until a person decides. People who are disabled or deleted in Entra ID are never held back.`,
    );
}

const guard = section(
  {
    accounts: removalLimits(
      [20, 5],
      [50, 10],
      [100, 20],
      'Accounts that are switched off or deleted because they left the scope, in each target.',
    ),
    memberships: removalLimits(
      [200, 5],
      [500, 10],
      [1_000, 20],
      'Members that are taken out of groups because they left them, or because the group left the scope, in each target.',
    ),
    grants: removalLimits(
      [200, 5],
      [500, 10],
      [1_000, 20],
      'Roles, entitlements and workspace assignments that are taken from people who stay in scope, in each target. Percentages are of the linked accounts.',
    ),
    groupShrink: section(
      {
        members: wholeNumber(0, 1_000_000)
          .default(10)
          .describe('A loss of up to so many members goes through.'),
        percent: wholeNumber(0, 100)
          .default(20)
          .describe('A loss of up to this share of the members goes through.'),
      },
      '{ "members": 10, "percent": 20 }',
    )
      .prefault({})
      .describe(
        'One look at one group that finds it lost more than both figures is held until a person decides. People who are known to be disabled, deleted or unassigned do not count.',
      ),
  },
  '{ "groupShrink": { "members": 10, "percent": 20 } }',
)
  .prefault({})
  .describe('Limits on what is taken away without a person deciding.');

const holds = section(
  {
    expireDays: wholeNumber(1, 3_650)
      .default(30)
      .describe(
        'After so many days nobody waits for a decision any longer: the access is kept, and an alert says so once.',
      ),
    approvals: wholeNumber(1, 2)
      .default(1)
      .describe('How many different people have to approve a hold before it is carried out, 1 or 2.'),
  },
  '{ "expireDays": 30 }',
)
  .prefault({})
  .describe('What waits until a person decides.');

const quarantine = section(
  {
    failurePercent: wholeNumber(1, 100)
      .default(50)
      .describe('A target of whose requests at least this share fails is left alone for a while.'),
    failureMinimum: wholeNumber(10, 100_000)
      .default(200)
      .describe('Fewer requests than this within the window say nothing.'),
    windowMinutes: wholeNumber(1, 1_440).default(10).describe('The minutes that are looked back.'),
    disableAfterDays: wholeNumber(1, 365)
      .default(28)
      .describe(
        'After so many days in quarantine the target is not probed any longer, an alert says so, and a person has to switch it on again.',
      ),
  },
  '{ "failurePercent": 50 }',
)
  .prefault({})
  .describe(
    'When a target is left alone. One that refuses the credentials is left alone at once, whatever stands here.',
  );

const schedule = section(
  {
    reconcileMinutes: wholeNumber(20, 40)
      .default(30)
      .describe('Minutes between reconciliation cycles, 20 to 40.'),
    settleWindowMs: wholeNumber(500, 60_000)
      .default(2_000)
      .describe('Milliseconds within which a burst of changes becomes one, 500 to 60000.'),
  },
  '{ "reconcileMinutes": 30 }',
)
  .prefault({})
  .describe('How often, and how soon.');

/** The whole file. What is left out has its default in what comes out, or is settled in provisioning-config.ts. */
export const provisioningSchema = section(
  {
    $schema: z
      .string('the address of a JSON Schema')
      .optional()
      .describe('The JSON Schema that editors complete and check this file with.')
      .meta({ examples: ['./infra/provisioning.config.schema.json'] }),
    source,
    targets,
    scope,
    mappings: mappingRules,
    lifecycle,
    protected: protectedNames,
    adminAllowList: objectIds(
      'Principals that an attribute mapping may give the role account_admin to. Nobody else ever gets it from here.',
    ),
    guard,
    holds,
    quarantine,
    schedule,
  },
  '{ "source": { … }, "targets": [ … ] }',
).meta({
  title: 'Provisioning from Entra ID to Azure Databricks',
  description: 'provisioning.config.json. Comments and trailing commas are allowed, unknown keys are not.',
});
