import { randomUUID } from 'node:crypto';
import type { DirectorySeed } from '../../src/local/directory/types.ts';
import type { Target } from '../../src/provisioning/target.ts';
import { AssignmentPass } from '../../src/reconciliation/assignment-pass.ts';
import { Audit } from '../../src/reconciliation/audit.ts';
import { ScimClient } from '../../src/scim/client.ts';
import { type Pair, startPair } from '../directory/graph.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import { APPLICATION, tenant } from '../harness/tenant.ts';
import { startAccount, type TestAccount, TOKEN } from '../local/databricks/fixture.ts';
import { targetOf } from '../provisioning/targets.ts';
import { bearer } from '../scim/bearer.ts';
import type { TestStorage } from '../state/storage.ts';

/** A tenant and a Databricks account over sockets, and comparisons of the two without anybody who writes. */
export async function startAuditBench(
  { state }: TestStorage,
  seed: DirectorySeed & { readonly assigned: readonly string[] },
) {
  const pair: Pair = await startPair(tenant(seed));
  const account: TestAccount = await startAccount();
  const log = recordedLog();
  const source = { state, directory: pair.graph, applicationObjectId: APPLICATION };
  const assignments = new AssignmentPass({ ...source, log });
  const audit = new Audit({ source, accounts: [], log });
  return {
    pair,
    account,
    log,
    audit,
    assignments,
    /** The account, or whatever else is at that address, as a target that nobody else has. */
    target: (baseUrl: string, more: Partial<Target> = {}): Target =>
      targetOf({
        id: `target-${randomUUID()}`,
        scim: new ScimClient({ baseUrl, authorization: bearer(TOKEN), allowInsecureConnection: true }),
        ...more,
      }),
    run: async (target: Target) => audit.run(target, await assignments.list()),
    plan: async (target: Target) => audit.plan(target, await assignments.list()),
    [Symbol.asyncDispose]: async () => {
      await account.close();
      await pair[Symbol.asyncDispose]();
    },
  };
}
