import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type HeldMessage,
  startSettlementService,
} from '../../src/local/functions-host/settlement-service.ts';
import {
  createSettlementClient,
  deadLetterOrThrow,
  type SettlementClient,
} from '../../src/messaging/settlement.ts';
import { recordedLog } from '../harness/recorded-log.ts';

/** A settlement service that holds one message, `held`, and a client that found it on the command line. */
async function start(deadLetter: HeldMessage['deadLetter']): Promise<SettlementClient> {
  const service = await startSettlementService();
  const unexpected = () => Promise.reject(new Error('unexpected'));
  service.held.set('held', {
    complete: unexpected,
    abandon: unexpected,
    defer: unexpected,
    renewLock: unexpected,
    deadLetter,
  });
  const client = createSettlementClient(['node', 'worker.js', '--functions-uri', service.uri]);
  if (client === undefined) throw new Error('no client');
  onTestFinished(async () => {
    client.close();
    await service.close();
  });
  return client;
}

describe('dead-lettering through the host', () => {
  test('passes lock token, reason and description', async () => {
    const seen: unknown[] = [];
    const client = await start(async (...texts) => {
      seen.push(texts);
    });
    await client.deadLetter('held', 'InvalidMessage', 'größer als erlaubt');
    await client.deadLetter('held', '', '');
    expect(seen).toEqual([
      ['InvalidMessage', 'größer als erlaubt'],
      ['', ''],
    ]);
  });

  test('cuts texts that the queue would refuse, never through a character', async () => {
    const seen: (string | undefined)[] = [];
    const client = await start(async (...texts) => {
      seen.push(...texts);
    });
    await client.deadLetter('held', 'r'.repeat(5_000), `${'d'.repeat(4_095)}😀 and more`);
    expect(seen).toEqual(['r'.repeat(1_024), 'd'.repeat(4_095)]);
  });

  test('fails for a message whose invocation has ended', async () => {
    const client = await start(async () => undefined);
    await expect(client.deadLetter('gone', 'Reason', '')).rejects.toThrow('LockToken gone not found');
  });

  test('fails when the broker refuses', async () => {
    const client = await start(async () => {
      throw new Error('MessageLockLost');
    });
    await expect(client.deadLetter('held', 'Reason', '')).rejects.toThrow('MessageLockLost');
  });

  test('fails soon when nobody answers there, and after it was closed', async () => {
    const client = createSettlementClient(['--functions-uri=http://127.0.0.1:9/']);
    await expect(client?.deadLetter('held', 'Reason', '')).rejects.toThrow('UNAVAILABLE');
    client?.close();
    await expect(client?.deadLetter('held', 'Reason', '')).rejects.toThrow('closed');
  });
});

describe('where a message cannot be dead-lettered', () => {
  const outcome = { reason: 'TargetRefused400', description: 'PATCH Users 400' };

  test.each([
    ['because the broker refuses', 'MessageLockLost'],
    ['because the host named no service', 'named no settlement service'],
  ])('%s, it is said, with the reason that is lost, and thrown', async (_, text) => {
    const log = recordedLog();
    const client =
      text === 'MessageLockLost' ? await start(() => Promise.reject(new Error(text))) : undefined;
    await expect(deadLetterOrThrow(client, 'held', outcome, log)).rejects.toThrow(text);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatch(/^settlement-unavailable reason=TargetRefused400 error=/);
    expect(log.lines[0]).toContain(text);
  });

  test('nothing is said where it can', async () => {
    const log = recordedLog();
    await deadLetterOrThrow(await start(async () => undefined), 'held', outcome, log);
    expect(log.lines).toEqual([]);
  });
});

describe('the address of the host', () => {
  test.each([
    [['--functions-uri', 'http://127.0.0.1:50051']],
    [['--functions-uri', 'http://127.0.0.1:50051/']],
    [['--functions-uri=http://127.0.0.1:50051/', '--functions-worker-id', 'x']],
    [['--functions-uri', 'https://host.example/']],
  ])('is taken from %j', argv => {
    expect(createSettlementClient(argv)).toBeDefined();
  });

  test.each([
    [[]],
    [['--functions-uri']],
    [['--functions-uri', 'not a uri']],
    [['--functions-uri', 'ftp://host/']],
    [['--functions-worker-id', 'http://127.0.0.1:1/']],
  ])('is not found in %j: throwing is what is left', argv => {
    expect(createSettlementClient(argv)).toBeUndefined();
  });
});
