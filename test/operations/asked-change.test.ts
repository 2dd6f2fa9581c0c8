import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { askedChange } from '../../src/operations/asked-change.ts';
import { useStorage } from '../state/storage.ts';

const HOUR_MS = 3_600_000;
const storage = useStorage();

test('what a person asks for is due at once, although his clock is ahead of that of the workers', async () => {
  const { backlog } = storage.state;
  const target = randomUUID();
  const ofWorkers = Date.now();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(ofWorkers + HOUR_MS);
  onTestFinished(() => clock.mockRestore());
  const change = askedChange({
    target,
    principal: { kind: 'user', id: randomUUID() },
    correlationId: randomUUID(),
  });
  await backlog.put(change, 'grant');
  clock.mockRestore();
  expect(await backlog.head(target, { dueBy: ofWorkers, limit: 1 })).toHaveLength(1);
});
