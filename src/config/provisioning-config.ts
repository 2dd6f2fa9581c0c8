import type { z } from 'zod';
import { ConfigurationError } from '../identity/errors.ts';
import { placeIn } from '../identity/place-in-text.ts';
import type { MappingRule } from '../mapping/attribute-mapping.ts';
import { contradictions, ruleProblems } from './provisioning-config-checks.ts';
import { formProblems, type Problem } from './provisioning-config-problems.ts';
import { provisioningSchema } from './provisioning-config-schema.ts';
import { readConfigText } from './provisioning-config-text.ts';
import { targetProblems } from './target-checks.ts';
import {
  completeMappings,
  completeScope,
  completeTarget,
  type PerKind,
  type ScopeConfig,
  type TargetConfig,
} from './target-config.ts';

/** What `provisioning.config.json` says, complete. All ids are in lower case. */
export interface ProvisioningConfig {
  readonly source: {
    readonly tenantId: string;
    readonly applicationObjectId: string;
    readonly cloud: 'public' | 'usGovernment' | 'china';
    readonly readHiddenMembership: boolean;
  };
  /** At least one, no two of them the same. */
  readonly targets: readonly [TargetConfig, ...TargetConfig[]];
  /** What the targets have of it, each with its own words in place of these: see {@link TargetConfig}. */
  readonly scope: ScopeConfig;
  readonly mappings: PerKind<readonly MappingRule[]>;
  readonly lifecycle: LifecycleConfig;
  readonly protected: {
    /** Never deactivated or deleted. */
    readonly objectIds: readonly string[];
    /** Names, or patterns in which `*` stands for any text. Nothing is created as, renamed to or nested into them. */
    readonly groupNames: readonly string[];
  };
  /** Object ids that a mapping may give `account_admin` to. */
  readonly adminAllowList: readonly string[];
  readonly guard: {
    /** A loss of more than both, in one look at one group, is held. */
    readonly groupShrink: { readonly members: number; readonly percent: number };
    /** Accounts switched off or deleted because they left the scope. */
    readonly accounts: RemovalLimits;
    /** Members taken out of groups because they left them, or because the group left the scope. */
    readonly memberships: RemovalLimits;
    /** Roles, entitlements and workspace assignments taken from people who stay. */
    readonly grants: RemovalLimits;
  };
  readonly holds: {
    readonly expireDays: number;
    /** Different people who have to approve one hold. */
    readonly approvals: number;
  };
  readonly quarantine: {
    /** Of the requests of the window, at least `failureMinimum`, this share has to fail. */
    readonly failurePercent: number;
    readonly failureMinimum: number;
    readonly windowMinutes: number;
    readonly disableAfterDays: number;
  };
  readonly schedule: { readonly reconcileMinutes: number; readonly settleWindowMs: number };
}

/** The larger of the two figures may go within the time; what is more is held. */
export interface RemovalLimit {
  readonly count: number;
  /** Of all that is linked. */
  readonly percent: number;
}
export interface RemovalLimits {
  readonly perHour: RemovalLimit;
  readonly perDay: RemovalLimit;
  readonly perWeek: RemovalLimit;
}

/** What happens at an event, and how long after it. A return within the grace period cancels the action. */
export interface LifecyclePolicy<Action extends string> {
  readonly action: Action;
  /** 0 to 129,600 (90 days); 0 where nothing is done. */
  readonly graceMinutes: number;
}

export type PersonAction = 'deactivate' | 'delete' | 'keep';
export type GroupAction = 'removeMembers' | 'delete' | 'keep';

/** The events of a user or a service principal. */
export interface PersonLifecycle {
  readonly unassigned: LifecyclePolicy<PersonAction>;
  readonly filteredOut: LifecyclePolicy<PersonAction>;
  /** Never deleted: a disabled account comes back. */
  readonly disabled: LifecyclePolicy<Exclude<PersonAction, 'delete'>>;
  readonly softDeleted: LifecyclePolicy<PersonAction>;
  readonly hardDeleted: LifecyclePolicy<PersonAction>;
}

export interface LifecycleConfig {
  readonly users: PersonLifecycle;
  readonly servicePrincipals: PersonLifecycle;
  readonly groups: {
    readonly unassigned: LifecyclePolicy<GroupAction>;
    readonly filteredOut: LifecyclePolicy<GroupAction>;
    readonly deleted: LifecyclePolicy<GroupAction>;
  };
  readonly userNameChange: 'report' | 'replace';
  readonly groupNameConflict: 'hold' | 'suffix';
}

/**
 * Reads the text of `provisioning.config.json`. Comments and trailing commas are allowed, unknown keys are not.
 * @throws {ConfigurationError} naming every problem on a line of its own: file, line and column, path, value, and what
 * is allowed. Values are shown: nothing in this file is a secret.
 */
export function parseProvisioningConfig(text: string, fileName: string): ProvisioningConfig {
  // Some editors put a byte order mark in front; it is no part of the JSON.
  const content = text.replace(/^\uFEFF/, '');
  const config = readConfigText(content);
  if ('misplaced' in config) throw refused(config.misplaced, content, fileName);
  const { data, error } = provisioningSchema.safeParse(config.value);
  const problems: Problem[] = [
    ...formProblems(error?.issues ?? [], config.value),
    ...contradictions(config.value),
    ...ruleProblems(config.value),
    ...targetProblems(config.value),
  ];
  if (data !== undefined && problems.length === 0) return complete(data);
  const misplaced = problems.map(({ path, at, text }) => ({
    offset: at === 'key' ? config.offsetOfKey(path) : config.offsetOf(path),
    text: `${pathText(path)} ${text}`,
  }));
  throw refused(misplaced, content, fileName);
}

/** The configuration when there is no file: every default, with the ids from the app settings. */
export function defaultConfig(ids: {
  readonly tenantId: string;
  readonly applicationObjectId: string;
  readonly accountId: string;
}): ProvisioningConfig {
  const { tenantId, applicationObjectId, accountId } = ids;
  return complete(
    provisioningSchema.parse({ source: { tenantId, applicationObjectId }, targets: [{ accountId }] }),
  );
}

/** Settles the defaults that depend on another setting. */
function complete(file: z.output<typeof provisioningSchema>): ProvisioningConfig {
  const { source, scope, mappings, lifecycle, adminAllowList, guard, holds, quarantine, schedule } = file;
  const [first, ...others] = file.targets.map(target => completeTarget(target, file));
  if (first === undefined) throw new RangeError('the schema lets no list of targets be empty');
  return {
    source,
    targets: [first, ...others],
    scope: completeScope(scope),
    mappings: completeMappings(mappings),
    lifecycle,
    protected: file.protected,
    adminAllowList,
    guard,
    holds,
    quarantine,
    schedule,
  };
}

function refused(
  misplaced: readonly { readonly offset: number; readonly text: string }[],
  content: string,
  fileName: string,
): ConfigurationError {
  const lines = misplaced
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, text }) => {
      const { line, column } = placeIn(content, offset);
      return `  ${fileName}:${line}:${column} ${onOneLine(text)}`;
    });
  const count = lines.length === 1 ? 'a problem' : `${lines.length} problems`;
  return new ConfigurationError([`The provisioning configuration has ${count}:`, ...lines].join('\n'));
}

/** Some texts show a part of the file, which may hold line breaks. */
function onOneLine(text: string): string {
  return text.replace(/\s*[\r\n]\s*/g, ' ');
}

/** `scope.filters.users[0][1].operator`. */
function pathText(path: readonly PropertyKey[]): string {
  const text = path.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}
