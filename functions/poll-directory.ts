import { app } from '@azure/functions';
import { provisioning } from '../src/composed.ts';

app.timer('poll-directory', {
  schedule: '0 * * * * *',
  handler: async () => {
    await provisioning.ready();
    await provisioning.poll.run();
  },
});
