import { describe, expect, test } from 'vitest';
import { PUBLISHED_LIMITS, RESOURCE_LIMITS } from '../../src/databricks/limits.ts';
import { readPage } from './page.ts';

const page = readPage('docs/capacity.md');
/** An idle minute, a changed attribute, a leaver, somebody irrelevant, an audit: storage, Graph, SCIM, messages. */
const work = page.rows('What the work takes').map(([, ...cells]) => cells.map(Number));
const [idle = [], , attribute = [], leaver = [], irrelevant = [], audit = []] = work;

/** Assumed for each user in scope and month. */
const MONTHLY = { attributes: 3, leavers: 1, irrelevant: 10, audits: 30 };
const SECONDS = 730 * 3600;
const MINUTES = 43_800;
const GB = 2;
/** US dollars. */
const PRICE = {
  ready: 0.000004,
  readyRun: 0.000016,
  run: 0.000026,
  runs: 0.4 / 1e6,
  queue: 0.0135,
  freeGbSeconds: 100_000,
  freeRuns: 250_000,
};

function monthOf(users: number) {
  const of = (cell: number): number =>
    users *
    (MONTHLY.attributes * (attribute[cell] ?? 0) +
      MONTHLY.leavers * (leaver[cell] ?? 0) +
      MONTHLY.irrelevant * (irrelevant[cell] ?? 0));
  const messages = of(3);
  const runs = messages + users * (MONTHLY.attributes + MONTHLY.leavers + MONTHLY.irrelevant);
  return {
    messages,
    runs,
    storage: of(0) + MINUTES * (idle[0] ?? 0) + MONTHLY.audits * users * (audit[0] ?? 0),
    costs: [
      2 * GB * SECONDS * PRICE.ready,
      730 * PRICE.queue,
      (3 * MINUTES * GB - PRICE.freeGbSeconds) * PRICE.run,
      runs * (GB * PRICE.readyRun + PRICE.runs),
    ],
    economy:
      730 * PRICE.queue +
      ((3 * MINUTES + runs) * GB - PRICE.freeGbSeconds) * PRICE.run +
      Math.max(3 * MINUTES + runs - PRICE.freeRuns, 0) * PRICE.runs,
  };
}

describe.each([
  [1_000, 1],
  [10_000, 2],
] as const)('the month of %i users', (users, column) => {
  const month = monthOf(users);
  const cells = page
    .rows('What a month costs')
    .map(row => Number((row[column] ?? '').replaceAll(/[^\d.]/g, '')));

  test('is the arithmetic of the page, and its sum is the sum of its rows', () => {
    const sum = cells.pop() ?? 0;
    expect(cells).toHaveLength(month.costs.length);
    for (const [index, cost] of month.costs.entries()) expect(cells[index]).toBeCloseTo(cost, 1);
    expect(sum).toBeCloseTo(
      cells.reduce((a, b) => a + b, 0),
      2,
    );
  });

  test('has the operations, runs and requests that the text gives', () => {
    const text = page.text.replaceAll(',', '');
    expect(text).toContain(String(3 * month.messages));
    expect(text).toContain(String(month.runs));
    expect(text).toContain((month.storage / 1e6).toFixed(1));
    expect(text).toContain(`$${Math.round(month.economy)}`);
  });
});

test('the limits of a target are those that the code keeps to', () => {
  const rows = page.rows('How far one target goes').map(([, figure]) => figure);
  const { get, list, write, patch } = PUBLISHED_LIMITS;
  const perSecond = (limit: { requests: number; perMs: number }): string =>
    `${(limit.requests * 1_000) / limit.perMs} a second`;
  const { accounts, groups, membershipsPerIdentity, nestingDepth } = RESOURCE_LIMITS;
  expect(rows).toEqual([
    perSecond(get),
    `${list.requests} a minute`,
    perSecond(write),
    perSecond(patch),
    ...[accounts, groups, membershipsPerIdentity, nestingDepth].map(n => n.toLocaleString('en-US')),
  ]);
  expect(page.text).toContain(`10,000 users in ${Math.ceil(10_000 / write.requests / 60)} minutes`);
  expect(page.text).toContain(`5,000 groups in ${Math.ceil(5_000 / write.requests / 60)}`);
  expect(page.text).toContain(`a PATCH for each group in ${Math.ceil(5_000 / patch.requests / 60)}`);
});
