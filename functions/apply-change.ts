import { app, type InvocationContext } from '@azure/functions';
import { provisioning } from '../src/composed.ts';
import { createSettlementClient } from '../src/messaging/settlement.ts';

const settlement = createSettlementClient();

app.serviceBusQueue('apply-change', {
  // Literal on purpose: the scale controller does not resolve app-setting expressions here.
  queueName: 'identity-changes',
  connection: 'ServiceBusConnection',
  handler: async (message: unknown, context: InvocationContext): Promise<void> => {
    const { messageId, applicationProperties, lockToken } = context.triggerMetadata ?? {};
    const outcome = await provisioning.messages.handle(message, applicationProperties, String(messageId));
    if (outcome.kind === 'complete') return;
    // Without the host's settlement service, throwing leaves it to the queue's delivery count.
    if (settlement === undefined) throw new Error(`${outcome.reason}: ${outcome.description}`);
    await settlement.deadLetter(String(lockToken), outcome.reason, outcome.description);
  },
});
