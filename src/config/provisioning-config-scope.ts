import { choice, flag, objectIds, section } from './provisioning-config-fields.ts';
import { filters } from './provisioning-config-rules.ts';

export const scope = section(
  {
    mode: choice(['assigned', 'all'])
      .default('assigned')
      .describe(
        'assigned: who is assigned to the enterprise application, and the members of assigned groups. all: the whole tenant, less what the filters keep out.',
      ),
    nestedGroups: choice(['flatten', 'mirror', 'direct'])
      .default('flatten')
      .describe(
        'flatten: the members of groups within a group become members of that group. mirror: the groups within it are provisioned and nested in Databricks as well. direct: only direct members count, as with the Entra connector.',
      ),
    assignDescendants: flag(
      'Whether the groups nested in an assigned group are provisioned as groups of their own. Left out: true with nestedGroups "mirror", which cannot do without, otherwise false.',
    ).optional(),
    guests: flag(
      'Whether guests are in scope. Left out: true in mode "assigned", false in mode "all".',
    ).optional(),
    microsoft365Groups: flag(
      'Whether Microsoft 365 groups are in scope, and not security groups alone.',
    ).default(false),
    servicePrincipals: flag(
      'Whether service principals and managed identities are in scope. Left out: true in mode "assigned", false in mode "all". In both modes these are the assigned and included ones and the members of assigned groups, never every one of the tenant.',
    ).optional(),
    filters,
    include: objectIds('Always in scope, whatever the assignments and filters say.'),
    exclude: objectIds('Never in scope.'),
  },
  '{ "mode": "assigned" }',
)
  .prefault({})
  .describe('Who is provisioned.');
