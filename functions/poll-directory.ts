import { app } from '@azure/functions';
import { provisioning } from '../src/composed.ts';

app.timer('poll-directory', {
  schedule: '0 * * * * *',
  handler: async () => {
    await provisioning.ready();
    const result = await provisioning.poll.run();
    // A fresh deployment, or a lost cursor, does not wait for the next cycle. The cycle's lease keeps it single.
    if (result === 'audit-due') await provisioning.cycle.run();
  },
});
