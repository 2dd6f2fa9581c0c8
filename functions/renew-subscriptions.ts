import { app } from '@azure/functions';
import { provisioning } from '../src/composed.ts';

app.timer('renew-subscriptions', {
  schedule: '45 */10 * * * *',
  handler: async () => {
    await provisioning.ready();
    await provisioning.subscriptions.keep();
  },
});
