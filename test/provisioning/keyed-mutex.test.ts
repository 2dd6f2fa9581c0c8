import { describe, expect, test } from 'vitest';
import { KeyedMutex } from '../../src/provisioning/keyed-mutex.ts';

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

describe('work of one key', () => {
  test('runs one after the other, in the order in which it came', async () => {
    const mutex = new KeyedMutex();
    const events: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      events.push(`${name} begins`);
      await turn();
      events.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all(['a', 'b', 'c'].map(name => mutex.run('key', work(name))))).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(events).toEqual(['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]));
  });

  test('goes on after a failure, which only its own caller sees', async () => {
    const mutex = new KeyedMutex();
    const failing = mutex.run('key', () => Promise.reject(new RangeError('broke')));
    const next = mutex.run('key', async () => 'done');
    await expect(failing).rejects.toThrow(new RangeError('broke'));
    expect(await next).toBe('done');
  });

  test('that comes while the last one is ending still waits', async () => {
    const mutex = new KeyedMutex();
    let inside = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      expect(inside).toBe(1);
      await turn();
      inside -= 1;
    };
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        for (let skip = 0; skip < index % 4; skip += 1) await Promise.resolve();
        await mutex.run('key', work);
        await mutex.run('key', work);
      }),
    );
  });
});

test('work of different keys does not wait for each other', async () => {
  const mutex = new KeyedMutex();
  const { promise: never, resolve: end } = Promise.withResolvers<void>();
  const held = mutex.run('one', () => never);
  expect(await mutex.run('two', async () => 'done')).toBe('done');
  end();
  await held;
});
