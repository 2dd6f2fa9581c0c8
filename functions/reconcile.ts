import { app } from '@azure/functions';
import { provisioning } from '../src/composed.ts';

app.timer('reconcile', {
  // Ticks more often than cycles are due: RECONCILE_MINUTES decides, and need not divide an hour. An audit that became
  // due, such as the first one, starts within the minute, and does not keep the poll waiting.
  schedule: '15 * * * * *',
  handler: async () => {
    await provisioning.ready();
    await provisioning.cycle.runIfDue();
  },
});
