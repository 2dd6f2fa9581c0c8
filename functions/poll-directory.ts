import { app } from '@azure/functions';
import { provisioning } from '../src/composed.ts';

app.timer('poll-directory', {
  schedule: '0 * * * * *',
  handler: async () => {
    await provisioning.ready();
    try {
      await provisioning.poll.run();
    } finally {
      await provisioning.pulse();
    }
  },
});
