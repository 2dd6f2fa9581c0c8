import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type NotificationWorker, startNotificationWorker } from './notification-worker.ts';

let app: NotificationWorker;
beforeAll(async () => {
  app = await startNotificationWorker();
});
afterAll(() => app[Symbol.asyncDispose]());

async function status(body: unknown): Promise<number> {
  const response = await app.post(body);
  await response.arrayBuffer();
  return response.status;
}

test('a body of more items than Graph ever sends is refused, whoever sends it, and nothing of it is queued', async () => {
  const items = (count: number): object => ({
    value: Array.from({ length: count }, () => app.item(`Users/${randomUUID()}`)),
  });
  expect(await status(items(2_001))).toBe(400);
  expect(await app.peek()).toEqual([]);
  expect(await status(items(20))).toBe(202);
  expect(await app.peek()).toHaveLength(20);
});

test('as many forgeries as anybody likes are one line of the log', async () => {
  const forged = { value: [app.item(`Users/${randomUUID()}`, { clientState: 'x'.repeat(64) })] };
  const lines = (): string[] => app.logs.filter(line => line.includes('notifications-dropped'));
  for (let i = 0; i < 40; i += 1) expect(await status(forged)).toBe(202);
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).toContain('dropped=1');
});

test('one request has few subscriptions re-authorized, however many it names', async () => {
  const asked: string[] = [];
  app.cloud.directory.faults.gate = ({ method, path }) => {
    if (method === 'PATCH') asked.push(path);
    return undefined;
  };
  const event = { lifecycleEvent: 'reauthorizationRequired', resource: undefined, changeType: undefined };
  const value = Array.from({ length: 60 }, (_, i) =>
    app.item('', { ...event, subscriptionId: `s${i % 30}` }),
  );
  await status({ value });
  app.cloud.directory.faults.gate = undefined;
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThanOrEqual(10);
});

test('beyond a hundred requests that wait for something, callers are sent away at once, and may come back', async () => {
  const { promise: mayGoOn, resolve } = Promise.withResolvers<void>();
  app.cloud.directory.faults.gate = ({ method }) => (method === 'PATCH' ? mayGoOn : undefined);
  const event = { lifecycleEvent: 'reauthorizationRequired', resource: undefined, changeType: undefined };
  const post = async (): Promise<{ status: number; retryAfter: string | null }> => {
    const response = await app.post({ value: [app.item('', { ...event, subscriptionId: randomUUID() })] });
    await response.arrayBuffer();
    return { status: response.status, retryAfter: response.headers.get('retry-after') };
  };
  const waited = (): number => app.logs.filter(line => line.includes('notifications not accepted')).length;
  const before = waited();
  const answers = await Promise.all(Array.from({ length: 160 }, post));
  for (const { status: answer, retryAfter } of answers) {
    expect(answer).toBe(503);
    expect(retryAfter).toBe('5');
  }
  // A hundred have waited for the two seconds that any request may take. Where the machine is so busy that some came
  // after that, they have waited as well.
  await vi.waitFor(() => expect(waited() - before).toBeGreaterThanOrEqual(100), { timeout: 10_000 });
  expect(waited() - before).toBeLessThan(160);
  resolve();
  app.cloud.directory.faults.gate = undefined;
  const id = randomUUID();
  expect(await status({ value: [app.item(`Users/${id}`)] })).toBe(202);
  expect(await app.queued(id)).toHaveLength(1);
});
