import type { ProxyRule } from '../../src/local/storage/storage-proxy.ts';
import type { Arm, Armed, Chaos } from './chaos.ts';

function ruled({ world }: Chaos, times: number, rule: Omit<ProxyRule, 'times'>): Armed {
  const { rules } = world.storage;
  const armed: ProxyRule & { times: number } = { ...rule, times };
  rules.push(armed);
  return {
    struck: () => times - armed.times,
    end: () => {
      rules.splice(rules.indexOf(armed), 1);
    },
  };
}

const WRITE = /^(PUT|POST|MERGE|PATCH|DELETE)$/;
/** One row; a transaction is refused in another way. */
const ROW = /^(?!.*\$batch)/;

export const storageFaults = {
  // Somebody else was faster, as far as one can tell.
  'storage conflict': (chaos, draw) =>
    ruled(chaos, 1 + (draw % 3), {
      service: 'table',
      method: /^(PUT|MERGE|DELETE)$/,
      path: ROW,
      action: { kind: 'fail', status: 412, code: 'UpdateConditionNotSatisfied' },
    }),
  // What the library tries again by itself then meets its own first try.
  'storage applied but failed': (chaos, draw) =>
    ruled(chaos, 1, {
      method: WRITE,
      path: draw % 2 === 0 ? ROW : /^/,
      action: { kind: 'failAfter', status: draw % 3 === 0 ? 503 : 500 },
    }),
  'storage busy': (chaos, draw) =>
    ruled(chaos, 1, {
      ...(draw % 2 === 0 && { method: WRITE }),
      action: { kind: 'fail', status: draw % 3 === 0 ? 500 : 503 },
    }),
  'storage answer lost': (chaos, draw) =>
    ruled(chaos, 1, { method: WRITE, action: { kind: draw % 2 === 0 ? 'dropResponse' : 'drop' } }),
} as const satisfies Readonly<Record<string, Arm>>;
