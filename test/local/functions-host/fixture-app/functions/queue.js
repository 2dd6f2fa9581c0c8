import { app } from '@azure/functions';

const handler = (body, context) => globalThis.fixture.onMessage(body, context);

app.serviceBusQueue('on-message', { connection: 'FixtureBus', queueName: 'fixture', handler });
app.serviceBusQueue('manual', {
  connection: 'FixtureBus',
  queueName: 'fixture',
  autoCompleteMessages: false,
  handler,
});
