import { app } from '@azure/functions';
import { provisioning } from '../src/composed.ts';

app.timer('renew-subscriptions', {
  // Ticks more often than there is anything to do: a creation that failed is tried again soon, and what Graph says is
  // gone is checked within the minute.
  schedule: '45 * * * * *',
  handler: async () => {
    await provisioning.ready();
    await provisioning.subscriptions.keepIfDue();
  },
});
