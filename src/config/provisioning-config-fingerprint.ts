import { createHash } from 'node:crypto';
import type { ProvisioningConfig } from './provisioning-config.ts';
import { sectionKinds } from './provisioning-config-rules.ts';
import type { PerKind, TargetConfig } from './target-config.ts';

/**
 * What leads to the state of one target, equal for files that mean the same however they are written: a change of it
 * calls for an audit of that target. How it is reached and signed in to does not count. Comments, the order of keys, filters, rules and ids do not count, and defaults written out neither (of a
 * mapping rule, `apply` does: an audit too many at worst). The schedule does not count. The guard does: what it no
 * longer holds back is found by an audit only.
 *
 * @returns 64 hexadecimal digits
 */
export function configFingerprint(
  config: ProvisioningConfig,
  { id, scope, mappings, workspaces }: TargetConfig,
): string {
  const { schedule: _, targets: __, holds: ___, quarantine: ____, ...rest } = config;
  const { adminAllowList } = config;
  const canonical = {
    ...rest,
    target: id,
    scope: {
      ...scope,
      filters: eachKind(scope.filters, filters => unordered(filters.map(unordered))),
      include: unordered(scope.include),
      exclude: unordered(scope.exclude),
    },
    mappings: eachKind(mappings, rules => unordered(rules.map(withoutDefaults))),
    protected: {
      objectIds: unordered(config.protected.objectIds),
      groupNames: unordered(config.protected.groupNames),
    },
    adminAllowList: unordered(adminAllowList),
    ...(workspaces.length === 0 ? {} : { workspaces: unordered(workspaces.map(unorderedWorkspace)) }),
  };
  return createHash('sha256').update(canonicalJson(canonical)).digest('hex');
}

function unorderedWorkspace({ assignments, ...workspace }: TargetConfig['workspaces'][number]): unknown {
  return { ...workspace, assignments: unordered([...assignments]) };
}

/** Rules of one kind are told apart by their targets, so their order says nothing. */
function withoutDefaults(rule: ProvisioningConfig['mappings']['users'][number]): unknown {
  const { values, ...rest } = rule;
  const said = Object.entries(rest).filter(([, value]) => value !== false);
  return { ...Object.fromEntries(said), ...(values === undefined ? {} : { values: unordered(values) }) };
}

function eachKind<T>(all: PerKind<T>, change: (one: T) => unknown): unknown {
  const sections = Object.keys(sectionKinds) as (keyof typeof sectionKinds)[];
  return Object.fromEntries(sections.map(section => [section, change(all[section])]));
}

/** Sorted, each once. */
function unordered(list: readonly unknown[]): readonly unknown[] {
  return [...new Map(list.map(item => [canonicalJson(item), item])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
}

/** JSON with the keys of every object sorted. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
