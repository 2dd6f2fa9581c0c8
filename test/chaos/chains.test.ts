import { describe, expect, test } from 'vitest';
import type { Broker } from '../../src/local/service-bus/broker.ts';
import type { QueueEvent } from '../../src/local/service-bus/queue-settings.ts';
import { copyId, lookObligation } from '../../src/messaging/message.ts';
import { Chains } from './chains.ts';

const PRINCIPAL = { kind: 'user', id: 'ada' } as const;

/** A broker's journal without a broker. */
function watched(): {
  chains: Chains;
  tell: (event: QueueEvent, correlationId: string, attempt?: number) => void;
} {
  const chains = new Chains();
  const broker: Pick<Broker, 'journal'> = {};
  chains.watch(broker);
  const tell = (event: QueueEvent, correlationId: string, attempt = 0): void => {
    const delivery = { chain: `chain of ${correlationId}`, attempt, hops: 0 };
    const change = {
      target: 't',
      principal: PRINCIPAL,
      cause: 'poll',
      notBefore: 1,
      heardAt: 1,
      correlationId,
    } as const;
    broker.journal?.(event, 'q', {
      message_id: copyId(delivery),
      application_properties: { ...delivery },
      body: { content: Buffer.from(JSON.stringify({ obligation: lookObligation(change) })) },
    });
  };
  return { chains, tell };
}

const about = (correlationId: string): string => `target=t principal=user:ada correlationId=${correlationId}`;

describe('a chain', () => {
  test('ends with a look', () => {
    const { chains, tell } = watched();
    tell('accepted', 'c');
    tell('completed', 'c');
    expect(chains.check([`looked ${about('c')} result=unchanged`])).toEqual({
      problems: [],
      ends: { 'folded into a message': 0, unchanged: 1 },
    });
  });

  test('that nobody looked for has no end', () => {
    const { chains, tell } = watched();
    tell('accepted', 'c');
    tell('completed', 'c');
    expect(chains.check([]).problems).toEqual([expect.stringContaining('has no end')]);
    expect(chains.check([`looked ${about('another')} result=unchanged`]).problems).toHaveLength(1);
  });

  test('that is still on the queue has no end, whatever was logged', () => {
    const { chains, tell } = watched();
    tell('accepted', 'c');
    expect(chains.check([`looked ${about('c')} result=unchanged`]).problems).toHaveLength(1);
  });

  test('goes on with its copies, of which the last has to end', () => {
    const { chains, tell } = watched();
    tell('accepted', 'c');
    tell('accepted', 'c', 1);
    tell('completed', 'c');
    expect(chains.check([]).problems).toHaveLength(1);
    tell('dead-lettered', 'c', 1);
    expect(chains.check([])).toMatchObject({ problems: [], ends: { 'dead-lettered': 1 } });
  });

  test('may be folded into a row that ends', () => {
    const { chains, tell } = watched();
    tell('accepted', 'c');
    tell('completed', 'c');
    const deferred = `deferred ${about('c')} into=row`;
    expect(chains.check([deferred]).problems).toHaveLength(2);
    expect(chains.check([deferred, `looked ${about('row')} result=applied`])).toMatchObject({
      problems: [],
      ends: { 'folded into a row': 1 },
    });
  });
});
