import { expect, onTestFinished, test } from 'vitest';
import type { ProxyRule } from '../../src/local/storage/storage-proxy.ts';
import { useStorage } from '../state/storage.ts';
import { openMembers } from './member-bench.ts';

const storage = useStorage();

/** A target whose looks at P can be cut short by the storage, at the first request that matches. */
async function openTarget(id: string) {
  const { proxy, state } = await storage.proxied();
  onTestFinished(() => proxy.close());
  const { look, heardOfByU } = await openMembers(id, { state });
  const lookAtP = (nested: readonly string[]) => look('p', 'scim-p', { nested });
  return {
    heardOfByU,
    lookAtP,
    async crashingLookAtP(nested: readonly string[], at: Omit<ProxyRule, 'action'>) {
      proxy.rules.push({ ...at, action: { kind: 'fail', status: 400 } });
      await expect(lookAtP(nested)).rejects.toThrow();
      proxy.rules.length = 0;
    },
  };
}

test.each<[string, Omit<ProxyRule, 'action'>]>([
  ['before the record is written', { service: 'blob', method: 'PUT' }],
  ['before the edge is forgotten', { method: 'DELETE', path: /ProvisioningNesting/ }],
])('a group that is taken out and put back reaches the one above it after a crash %s', async (name, at) => {
  const { lookAtP, crashingLookAtP, heardOfByU } = await openTarget(`taken out ${name}`);
  await lookAtP(['c']);
  await crashingLookAtP([], at);
  // By the time of the look after the crash it is back.
  await lookAtP(['c']);
  expect(await heardOfByU()).toEqual(['c', 'p']);
});

test.each<[string, Omit<ProxyRule, 'action'>]>([
  ['before the edge is remembered', { service: 'table', path: /ProvisioningNesting/ }],
  ['before the record is written', { service: 'blob', method: 'PUT' }],
])('a group that is put in reaches the one above it after a crash %s', async (name, at) => {
  const { lookAtP, crashingLookAtP, heardOfByU } = await openTarget(`put in ${name}`);
  await crashingLookAtP(['c'], at);
  await lookAtP(['c']);
  expect(await heardOfByU()).toEqual(['c', 'p']);
});
