import { app } from '@azure/functions';

const record = name => async timer => {
  globalThis.fixture?.timers.push({ name, timer, at: Date.now() });
  await globalThis.fixture?.gate;
};

app.timer('hourly', { schedule: '0 0 * * * *', handler: record('hourly') });
app.timer('configured', { schedule: '%FIXTURE_SCHEDULE%', handler: record('configured') });
app.timer('eager', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: record('eager') });
app.timer('failing-timer', {
  schedule: '0 0 0 1 1 *',
  handler: () => {
    throw new Error('no time');
  },
});
