import { expect, test } from 'vitest';
import { takeStorage } from './shared-storage.ts';

test('the storage of the tests traces no message of theirs', async () => {
  const storage = await takeStorage();
  // Only now, since patches reach what is loaded after them.
  const { openNamespace } = await import('../local/service-bus/namespace.ts');
  await using bus = await openNamespace();
  await bus.sender.sendMessages({ body: 1, messageId: 'a', applicationProperties: { own: 1 } });
  const [message] = await bus.receiver.receiveMessages(1);
  expect(message?.applicationProperties).toEqual({ own: 1 });
  await storage.close();
});
