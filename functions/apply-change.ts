import { app, type InvocationContext } from '@azure/functions';
import { provisioning } from '../src/composed.ts';
import { consoleLogger } from '../src/identity/logger.ts';
import { createSettlementClient, deadLetterOrThrow } from '../src/messaging/settlement.ts';

const settlement = createSettlementClient();

app.serviceBusQueue('apply-change', {
  // Literal on purpose: the scale controller does not resolve app-setting expressions here.
  queueName: 'identity-changes',
  connection: 'ServiceBusConnection',
  handler: async (message: unknown, context: InvocationContext): Promise<void> => {
    const { messageId, applicationProperties, lockToken } = context.triggerMetadata ?? {};
    const outcome = await provisioning.messages.handle(message, applicationProperties, String(messageId));
    if (outcome.kind === 'complete') return;
    await deadLetterOrThrow(settlement, String(lockToken), outcome, consoleLogger);
  },
});
