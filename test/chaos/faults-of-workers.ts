import { TableClient } from '@azure/data-tables';
import type { Arm } from './chaos.ts';
import type { Seam } from './seams.ts';

const SEAMS: readonly (Seam | 'now')[] = [
  'target before',
  'target after',
  'storage before',
  'storage after',
  'storage after',
  'send',
  'settle',
  'now',
];

/** What somebody who takes a lease by force calls himself. */
const THIEF = 'somebody else';

export const workerFaults = {
  // At the n-th moment of one sort from now on, at which something is half done.
  'worker killed': async (chaos, draw) => {
    const seam = SEAMS[draw % SEAMS.length] ?? 'now';
    let killed = 0;
    let left = 1 + (draw % 13);
    let stopListening = (): void => undefined;
    const kill = async (): Promise<void> => {
      killed = 1;
      stopListening();
      await chaos.crash(draw);
    };
    if (seam === 'now') await kill();
    else
      stopListening = chaos.seams.listen(seam, async () => {
        left -= 1;
        if (left === 0) await kill();
      });
    return {
      struck: () => killed,
      end: async () => {
        if (killed === 0) await kill();
      },
    };
  },
  // The row says that somebody else owns the target: renewals fail, and for a while nobody may write.
  'lease lost': async ({ world }, draw) => {
    const { AzureWebJobsStorage = '' } = world.settings;
    const leases = TableClient.fromConnectionString(AzureWebJobsStorage, 'ProvisioningLeases', {
      allowInsecureConnection: true,
    });
    for await (const entity of leases.listEntities<{ data: string }>()) {
      const lease = JSON.parse(String(entity.data)) as { owner: string; epoch: number; expiresAt: number };
      // Nobody holds it: nothing can be lost.
      if (!entity.rowKey?.includes('account') || lease.owner === '' || lease.expiresAt <= Date.now())
        continue;
      const taken = { owner: THIEF, epoch: lease.epoch + 1, expiresAt: Date.now() + (draw % 4) * 3_000 };
      await leases.updateEntity(
        { partitionKey: entity.partitionKey ?? '', rowKey: entity.rowKey, data: JSON.stringify(taken) },
        'Merge',
        { etag: '*' },
      );
      return { struck: () => 1, end: () => undefined };
    }
    return undefined;
  },
} as const satisfies Readonly<Record<string, Arm>>;
