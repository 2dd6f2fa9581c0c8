import { describe, expect, test } from 'vitest';
import { rowClasses } from '../../src/identity/change.ts';
import type { BacklogRow } from '../../src/state/backlog.ts';
import { changeOf, useStorage } from './storage.ts';

const storage = useStorage();
const LATER = 1_000_000;

const put = (target: string, ...args: Parameters<typeof changeOf>) => ({
  as: (rowClass: (typeof rowClasses)[number]) =>
    storage.state.backlog.put(changeOf(args[0], args[1], { ...args[2], target }), rowClass),
});

async function head(target: string, more: object = {}): Promise<BacklogRow[]> {
  return storage.state.backlog.head(target, { dueBy: LATER, limit: 100, ...more });
}

async function only(target: string): Promise<BacklogRow> {
  const [row, ...others] = await head(target);
  if (row === undefined || others.length > 0)
    throw new Error(`${target} has ${others.length} rows too many or none`);
  return row;
}

const shown = (rows: BacklogRow[]) =>
  rows.map(({ value }) => `${value.rowClass} ${value.principal.kind}:${value.principal.id}`);

describe('the order of work', () => {
  test('is revoke, grant, attribute, bulk, and people before groups in each', async () => {
    for (const rowClass of ['bulk', 'attribute', 'revoke', 'grant'] as const) {
      await put('order', 'group', 'a').as(rowClass);
      await put('order', 'servicePrincipal', 'a').as(rowClass);
      await put('order', 'user', 'z').as(rowClass);
    }
    expect(shown(await head('order'))).toEqual(
      rowClasses.flatMap(rowClass => [
        `${rowClass} user:z`,
        `${rowClass} servicePrincipal:a`,
        `${rowClass} group:a`,
      ]),
    );
    expect(shown(await head('order', { rowClass: 'grant', limit: 2 }))).toEqual([
      'grant user:z',
      'grant servicePrincipal:a',
    ]);
    expect(await storage.state.backlog.count('order')).toEqual({
      revoke: 3,
      grant: 3,
      attribute: 3,
      bulk: 3,
    });
  });

  test('leaves out what is not due, and other targets', async () => {
    await put('due', 'user', 'now', { notBefore: 500 }).as('bulk');
    await put('due', 'user', 'soon', { notBefore: 501 }).as('revoke');
    expect(shown(await head('due', { dueBy: 500 }))).toEqual(['bulk user:now']);
    expect(await storage.state.backlog.hasRows('due')).toBe(true);
    expect(await storage.state.backlog.hasRows('du')).toBe(false);
  });
});

describe('a row that is asked for again', () => {
  test('is one row that is due at the earliest time, with the newest word, and remembers who asked first', async () => {
    await put('again', 'user', 'u', { notBefore: 50, heardAt: 40, correlationId: 'first' }).as('grant');
    await put('again', 'user', 'u', { notBefore: 60, heardAt: 30, correlationId: 'second' }).as('grant');
    expect((await only('again')).value).toMatchObject({ notBefore: 50, heardAt: 40, correlationId: 'first' });
  });

  test('while it is worked on stays, and is worked off again', async () => {
    await put('worked', 'user', 'u').as('grant');
    const row = await only('worked');
    await put('worked', 'user', 'u').as('grant');
    expect(await storage.state.backlog.done('worked', row)).toBe(false);
    expect(await storage.state.backlog.done('worked', await only('worked'))).toBe(true);
    expect(await storage.state.backlog.hasRows('worked')).toBe(false);
  });

  test('by follow-ups alone, while it is worked on, reaches no further than they do afterwards', async () => {
    const { backlog } = storage.state;
    await put('reach', 'group', 'g', { cause: 'poll' }).as('grant');
    const row = await backlog.hide('reach', await only('reach'), LATER);
    if (row === undefined) throw new Error('the row is gone');
    await put('reach', 'group', 'g', { cause: 'follow-up' }).as('grant');
    // Its worker may die: until the look has ended, it is that of the poll still.
    expect((await only('reach')).value.cause).toBe('poll');
    expect(await backlog.done('reach', row)).toBe(false);
    expect((await only('reach')).value.cause).toBe('follow-up');
    expect(await backlog.done('reach', await only('reach'))).toBe(true);
  });

  test.each([
    ['before it is worked on', ['follow-up'], [], 'poll'],
    [
      'by a feed while it is worked on, and by a follow-up then',
      [],
      ['notification', 'follow-up'],
      'notification',
    ],
    [
      'by a follow-up while it is worked on, and by a feed then',
      [],
      ['follow-up', 'notification'],
      'notification',
    ],
  ] as const)('%s keeps its reach', async (name, before, during, cause) => {
    const { backlog } = storage.state;
    const again = (cause: 'notification' | 'follow-up') => put(name, 'group', 'g', { cause }).as('grant');
    await put(name, 'group', 'g', { cause: 'poll' }).as('grant');
    for (const asked of before) await again(asked);
    expect((await only(name)).value.cause).toBe('poll');
    const row = await backlog.hide(name, await only(name), LATER);
    if (row === undefined) throw new Error('the row is gone');
    for (const asked of during) await again(asked);
    expect(await backlog.done(name, row)).toBe(during.length === 0);
    if (during.length > 0) expect((await only(name)).value.cause).toBe(cause);
  });

  test('by several at the same moment loses nobody’s times', async () => {
    const times = [70, 10, 40, 30, 60];
    await Promise.all(times.map(at => put('crowd', 'user', 'u', { notBefore: at, heardAt: at }).as('bulk')));
    expect((await only('crowd')).value).toMatchObject({ notBefore: 10, heardAt: 70 });
  });
});

describe('a hidden row', () => {
  test('comes back at its time, also when nobody finished it', async () => {
    await put('hide', 'user', 'u', { notBefore: 10 }).as('revoke');
    const hidden = await storage.state.backlog.hide('hide', await only('hide'), 900);
    expect(await head('hide', { dueBy: 899 })).toEqual([]);
    expect(await head('hide', { dueBy: 900 })).toEqual([hidden]);
    expect(hidden && (await storage.state.backlog.done('hide', hidden))).toBe(true);
  });

  test('comes back at once when it is asked for again, and its worker cannot delete it', async () => {
    await put('recall', 'user', 'u', { notBefore: 10, heardAt: 10 }).as('revoke');
    const hidden = await storage.state.backlog.hide('recall', await only('recall'), 900);
    await put('recall', 'user', 'u', { notBefore: 20, heardAt: 20 }).as('revoke');
    expect((await head('recall', { dueBy: 20 })).map(({ value }) => value)).toMatchObject([
      { notBefore: 20, heardAt: 20 },
    ]);
    expect(hidden && (await storage.state.backlog.done('recall', hidden))).toBe(false);
  });

  test('belongs to one worker only', async () => {
    await put('two', 'user', 'u').as('revoke');
    const row = await only('two');
    const hidden = await Promise.all([1, 2].map(() => storage.state.backlog.hide('two', row, 900)));
    expect(hidden.filter(found => found !== undefined).length).toBe(1);
  });
});
