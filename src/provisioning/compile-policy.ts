import type {
  LifecyclePolicy as ConfiguredRule,
  GroupAction,
  PersonLifecycle,
  ProvisioningConfig,
  RemovalLimits,
} from '../config/provisioning-config.ts';
import { configFingerprint } from '../config/provisioning-config-fingerprint.ts';
import type { TargetConfig } from '../config/target-config.ts';
import { foldName } from '../identity/names.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import { compileMapping } from '../mapping/attribute-mapping.ts';
import { selectOf } from '../mapping/source-attributes.ts';
import type { LeaveEvent, LeaveRule } from '../planning/lifecycle.ts';
import type { GuardWindow } from '../planning/removal-guard.ts';
import { compileFilters } from '../scope/filter.ts';
import { nestingPolicy, type Policy } from './policy.ts';

/** What the configuration says of one target, compiled. It was checked when it was read: nothing is refused here. */
export function compilePolicy(config: ProvisioningConfig, target: TargetConfig): Policy {
  const { scope, mappings } = target;
  const { lifecycle } = config;
  const options = { adminAllowList: new Set(config.adminAllowList) };
  return {
    scope: {
      mode: scope.mode,
      guests: scope.guests,
      microsoft365Groups: scope.microsoft365Groups,
      include: new Set(scope.include),
      exclude: new Set(scope.exclude),
      filters: {
        user: compileFilters('user', scope.filters.users),
        group: compileFilters('group', scope.filters.groups),
        servicePrincipal: compileFilters('servicePrincipal', scope.filters.servicePrincipals),
      },
    },
    nesting: nestingPolicy(scope.nestedGroups, scope.assignDescendants),
    mappings: {
      user: compileMapping('user', mappings.users, options),
      group: compileMapping('group', mappings.groups, options),
      servicePrincipal: compileMapping('servicePrincipal', mappings.servicePrincipals, options),
    },
    lifecycle: {
      users: accountRules(lifecycle.users),
      servicePrincipals: accountRules(lifecycle.servicePrincipals),
      groups: {
        unassigned: rule<GroupAction>(lifecycle.groups.unassigned),
        filteredOut: rule<GroupAction>(lifecycle.groups.filteredOut),
        deleted: rule<GroupAction>(lifecycle.groups.deleted),
      },
    },
    userNameChange: lifecycle.userNameChange,
    groupNameConflict: lifecycle.groupNameConflict,
    protectedObjectIds: new Set(config.protected.objectIds),
    isProtectedGroupName: namePatterns(config.protected.groupNames),
    shrink: config.guard.groupShrink,
    guard: {
      accounts: windowsOf(config.guard.accounts),
      memberships: windowsOf(config.guard.memberships),
      grants: windowsOf(config.guard.grants),
    },
    servicePrincipals: scope.servicePrincipals,
    readHiddenMembership: config.source.readHiddenMembership,
    fingerprint: configFingerprint(config, target),
  };
}

/** Graph properties to be read of each kind so that the mappings and filters of all of them find what they ask for. */
export function readProperties(policies: readonly Policy[]): Record<PrincipalKind, string[]> {
  const of = (kind: PrincipalKind): string[] =>
    selectOf(
      kind,
      policies.flatMap(({ mappings, scope }) => [
        ...mappings[kind].attributes,
        ...scope.filters[kind].attributes,
      ]),
    );
  return { user: of('user'), group: of('group'), servicePrincipal: of('servicePrincipal') };
}

function accountRules(rules: PersonLifecycle): Record<LeaveEvent, LeaveRule> {
  const { unassigned, filteredOut, disabled, softDeleted, hardDeleted } = rules;
  return {
    unassigned: rule(unassigned),
    filteredOut: rule(filteredOut),
    disabled: rule(disabled),
    softDeleted: rule(softDeleted),
    hardDeleted: rule(hardDeleted),
  };
}

const HOUR_MS = 3_600_000;

function windowsOf({ perHour, perDay, perWeek }: RemovalLimits): GuardWindow[] {
  return [
    { ms: HOUR_MS, ...perHour },
    { ms: 24 * HOUR_MS, ...perDay },
    { ms: 7 * 24 * HOUR_MS, ...perWeek },
  ];
}

function rule<Action extends string>({ action, graceMinutes }: ConfiguredRule<Action>): LeaveRule<Action> {
  return { action, graceMs: graceMinutes * 60_000 };
}

/** Names in which `*` stands for any text, compared as Databricks compares names. */
function namePatterns(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map(pattern => {
    const parts = foldName(pattern)
      .split('*')
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 's');
  });
  return name => expressions.some(expression => expression.test(foldName(name)));
}
