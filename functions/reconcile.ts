import { app } from '@azure/functions';
import { provisioning } from '../src/composed.ts';

app.timer('reconcile', {
  // Ticks more often than cycles are due: RECONCILE_MINUTES decides, and need not divide an hour.
  schedule: '15 */5 * * * *',
  handler: async () => {
    await provisioning.ready();
    await provisioning.cycle.runIfDue();
  },
});
