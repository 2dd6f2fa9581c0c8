import { describe, expect, onTestFinished, test } from 'vitest';
import type { Principal } from '../../src/identity/principal.ts';
import type { Link, LinkRow } from '../../src/state/links.ts';
import { VersionConflict } from '../../src/state/row-store.ts';
import { all, useStorage } from './storage.ts';

const storage = useStorage();

const mia: Principal = { kind: 'user', id: 'mia' };
const max: Principal = { kind: 'user', id: 'max' };

function link(principal: Principal, name: string, scimId?: string): Link {
  return { principal, status: scimId === undefined ? 'creating' : 'linked', name, scimId, written: {} };
}

async function read(target: string, p: Principal): Promise<LinkRow> {
  const row = await storage.state.links.get(target, p);
  if (row === undefined) throw new Error(`${p.id} has no link`);
  return row;
}

describe('in one target', () => {
  test('two principals cannot claim one name, whatever its case', async () => {
    const { links } = storage.state;
    await links.add('name', link(mia, 'm@contoso.com'));
    await expect(links.add('name', link(max, 'M@CONTOSO.com'))).rejects.toThrow(VersionConflict);
    expect(await links.get('name', max)).toBeUndefined();
    expect(await links.holderOfName('name', 'user', 'm@Contoso.com')).toEqual(mia);
  });

  test('two principals cannot claim one resource', async () => {
    const { links } = storage.state;
    await links.add('scim', link(mia, 'mia', '7'));
    await expect(links.add('scim', link(max, 'max', '7'))).rejects.toThrow(VersionConflict);
    expect(await links.holderOfName('scim', 'user', 'max')).toBeUndefined();
    await links.add('scim', link(max, 'max'));
    const row = await read('scim', max);
    await expect(links.replace('scim', row, link(max, 'max', '7'))).rejects.toThrow(VersionConflict);
    expect(await links.holderOfScimId('scim', 'user', '7')).toEqual(mia);
    expect((await read('scim', max)).value.scimId).toBeUndefined();
  });

  test('one principal has one link', async () => {
    await storage.state.links.add('twice', link(mia, 'mia', '1'));
    await expect(storage.state.links.add('twice', link(mia, 'other', '2'))).rejects.toThrow(VersionConflict);
    expect(await storage.state.links.holderOfScimId('twice', 'user', '2')).toBeUndefined();
  });

  test('of two who claim a name at the same moment one gets it', async () => {
    const both = [mia, max].map(p => storage.state.links.add('race', link(p, 'shared')));
    const ends = await Promise.allSettled(both);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await all(storage.state.links.list('race'))).length).toBe(1);
  });
});

test('links of many are the same whether they are read one by one or as a whole, and of this target alone', async () => {
  const { links } = storage.state;
  const many: Principal[] = Array.from({ length: 30 }, (_, n) => ({ kind: 'user', id: `many${n}` }));
  const group: Principal = { kind: 'group', id: 'many3' };
  for (const p of many.slice(0, 20)) await links.add('many', link(p, p.id, `1${p.id}`));
  await links.add('many', link(group, 'a group', '77'));
  await links.add('elsewhere', link({ kind: 'user', id: 'many25' }, 'many25', '9'));
  const ids = async () =>
    [...(await links.getMany('many', many))].map(([key, { value }]) => [key, value.scimId]);
  const expected = many.slice(0, 20).map(({ id }) => [`user:${id}`, `1${id}`]);
  expect((await ids()).toSorted()).toEqual(expected.toSorted());
  // Known by now to be small, so that 30 are more than its pages are worth.
  expect((await all(links.list('many'))).length).toBe(21);
  expect((await ids()).toSorted()).toEqual(expected.toSorted());
});

describe('names and resources', () => {
  test('of other targets and other kinds do not matter', async () => {
    const { links } = storage.state;
    await links.add('here', link(mia, 'Data', '1'));
    await links.add('there', link(max, 'Data', '1'));
    await links.add('here', link({ kind: 'group', id: 'mia' }, 'Data', '1'));
    expect((await all(links.list('here', 'user'))).map(({ value }) => value.principal)).toEqual([mia]);
    expect((await all(links.list('here'))).length).toBe(2);
  });

  test('follow a rename, and the old name is free', async () => {
    const { links } = storage.state;
    await links.add('rename', link(mia, 'old', '1'));
    const renamed = await links.replace('rename', await read('rename', mia), link(mia, 'new', '1'));
    expect(renamed.value.name).toBe('new');
    expect(await links.holderOfName('rename', 'user', 'old')).toBeUndefined();
    expect(await links.holderOfName('rename', 'user', 'new')).toEqual(mia);
    await links.add('rename', link(max, 'old', '2'));
    await expect(links.replace('rename', renamed, link(mia, 'OLD', '1'))).rejects.toThrow(VersionConflict);
    expect((await read('rename', mia)).value.name).toBe('new');
  });

  test('that are written in another case only stay claimed', async () => {
    const { links } = storage.state;
    await links.add('case', link(mia, 'mia', '1'));
    await links.replace('case', await read('case', mia), link(mia, 'MIA', '1'));
    expect(await links.holderOfName('case', 'user', 'mia')).toEqual(mia);
  });

  test('move to another resource of the same principal', async () => {
    const { links } = storage.state;
    await links.add('move', link(mia, 'mia', '1'));
    await links.replace('move', await read('move', mia), link(mia, 'mia', '2'));
    expect(await links.holderOfScimId('move', 'user', '1')).toBeUndefined();
    expect(await links.holderOfScimId('move', 'user', '2')).toEqual(mia);
  });

  test('of a tombstone stay claimed', async () => {
    const { links } = storage.state;
    await links.add('gone', link(mia, 'mia', '1'));
    await links.replace('gone', await read('gone', mia), { ...link(mia, 'mia', '1'), status: 'gone' });
    await expect(links.add('gone', link(max, 'mia', '2'))).rejects.toThrow(VersionConflict);
    await expect(links.add('gone', link(max, 'max', '1'))).rejects.toThrow(VersionConflict);
  });
});

test('a link that changed since it was read is not replaced', async () => {
  const { links } = storage.state;
  await links.add('stale', link(mia, 'mia', '1'));
  const row = await read('stale', mia);
  await links.replace('stale', row, { ...row.value, lastWriteAt: 1 });
  await expect(links.replace('stale', row, { ...row.value, lastWriteAt: 2 })).rejects.toThrow(
    VersionConflict,
  );
  await expect(links.replace('stale', row, link(mia, 'other', '1'))).rejects.toThrow(VersionConflict);
  await expect(links.forget('stale', row)).rejects.toThrow(VersionConflict);
  expect(await links.holderOfName('stale', 'user', 'other')).toBeUndefined();
});

describe('a link that is taken back', () => {
  test('leaves name and resource free', async () => {
    const { links } = storage.state;
    await links.add('back', link(mia, 'mia', '1'));
    await links.forget('back', await read('back', mia));
    expect(await links.get('back', mia)).toBeUndefined();
    await links.add('back', link(max, 'mia', '1'));
  });

  /** Crashes after the link is deleted: what it claimed is left behind. */
  async function crashWhileForgetting(target: string): Promise<void> {
    const { proxy, state } = await storage.proxied();
    onTestFinished(() => proxy.close());
    await state.links.add(target, link(mia, 'wanted', '1'));
    const row = await read(target, mia);
    proxy.rules.push({
      method: 'DELETE',
      path: /RowKey='[ns]\|/,
      action: { kind: 'fail', status: 400, code: 'X' },
    });
    await expect(state.links.forget(target, row)).rejects.toThrow();
    expect(await storage.state.links.get(target, mia)).toBeUndefined();
    expect(await storage.state.links.holderOfName(target, 'user', 'wanted')).toBeUndefined();
  }

  test('blocks nobody when a crash left its claims behind: neither a new link', async () => {
    await crashWhileForgetting('crash-add');
    await storage.state.links.add('crash-add', link(max, 'wanted', '1'));
    expect(await storage.state.links.holderOfName('crash-add', 'user', 'wanted')).toEqual(max);
    expect(await storage.state.links.holderOfScimId('crash-add', 'user', '1')).toEqual(max);
  });

  test('nor one that is renamed', async () => {
    await crashWhileForgetting('crash-rename');
    await storage.state.links.add('crash-rename', link(max, 'max', '2'));
    const row = await read('crash-rename', max);
    await storage.state.links.replace('crash-rename', row, link(max, 'wanted', '2'));
    expect(await storage.state.links.holderOfName('crash-rename', 'user', 'wanted')).toEqual(max);
  });

  test('nor its own principal', async () => {
    await crashWhileForgetting('crash-self');
    await storage.state.links.add('crash-self', link(mia, 'wanted', '1'));
    expect((await read('crash-self', mia)).value.scimId).toBe('1');
  });

  test('nor anybody, once its principal has another name', async () => {
    await crashWhileForgetting('crash-other');
    await storage.state.links.add('crash-other', link(mia, 'mia'));
    await storage.state.links.add('crash-other', link(max, 'wanted', '1'));
    expect(await storage.state.links.holderOfName('crash-other', 'user', 'wanted')).toEqual(max);
  });

  test('does not take the name from somebody who got it in the same moment', async () => {
    const { proxy, state } = await storage.proxied();
    onTestFinished(() => proxy.close());
    await state.links.add('quick', link(mia, 'wanted'));
    const row = await read('quick', mia);
    let other: Promise<void> | undefined;
    proxy.gate = ({ phase, method, path }) => {
      if (phase !== 'before' || method !== 'DELETE' || !path.includes("RowKey='n|") || other !== undefined)
        return;
      other = storage.state.links.add('quick', link(max, 'wanted'));
      return other;
    };
    await state.links.forget('quick', row);
    await other;
    expect(other).toBeDefined();
    expect(await storage.state.links.holderOfName('quick', 'user', 'wanted')).toEqual(max);
  });
});

test.each(["o'brien", 'a b', '100%', 'a%2fb', '名前', 'a+b&c=d', '(x)'])(
  'the id %j is as good as any other',
  async id => {
    const { links } = storage.state;
    const p: Principal = { kind: 'user', id };
    await links.add(`t ${id}`, link(p, `name ${id}`, `s/${id}`));
    const row = await read(`t ${id}`, p);
    expect(row.value.principal).toEqual(p);
    await links.replace(`t ${id}`, row, link(p, `other ${id}`, `s#${id}`));
    expect(await links.holderOfScimId(`t ${id}`, 'user', `s#${id}`)).toEqual(p);
    expect(await links.holderOfScimId(`t ${id}`, 'user', `s/${id}`)).toBeUndefined();
    await links.forget(`t ${id}`, await read(`t ${id}`, p));
    expect(await all(links.list(`t ${id}`))).toEqual([]);
  },
);
