import { afterEach, beforeEach, expect, test } from 'vitest';
import { HELP } from '../../../src/local/databricks/program-options.ts';
import { code, readPage } from '../../docs/page.ts';
import { startAccount, type TestAccount } from './fixture.ts';

const page = readPage('docs/local-databricks.md');

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

/** The settings that `GET /_local/` shows: what is neither a counter nor a list of workspaces. */
function settingsIn(state: Record<string, unknown>): string[] {
  const { accountId, requests, inFlight, throttled, workspaces, ...settings } = state;
  return Object.keys(settings);
}

test('the page has every option of the program', () => {
  const options = [...HELP.matchAll(/^ {2}(--.*?) {2,}|^ {2}(--workspace \S+)/gm)].map(([, a, b]) => a ?? b);
  expect(options).toHaveLength(7);
  expect(page.rows('The local Databricks').flatMap(([option]) => code(option) || [])).toEqual(
    expect.arrayContaining(options),
  );
});

test('the page has every setting, and no other', async () => {
  await account.control('POST', 'workspaces', { id: '77' });
  const { json } = await account.control('GET', '');
  const [{ id, name, federated, url, scimUrl, proxyUrl, resourceId, ...ofWorkspace }] = json.workspaces;
  const known = new Set([...settingsIn(json), ...settingsIn(ofWorkspace)]);
  const documented = page.rows('While it runs').map(([setting]) => code(setting));
  expect(documented.filter(text => !text.includes(' ')).toSorted()).toEqual([...known].toSorted());
});

test('every example of the page is taken', async () => {
  const puts = [...page.text.matchAll(/^curl -X PUT \$account\/_local\/(\S+) -d '(.*)'$/gm)];
  const posts = [...page.text.matchAll(/^curl \$account\/_local\/(\S+) -d '(.*)'$/gm)];
  expect([puts.length, posts.length]).toEqual([6, 2]);
  for (const [, name = '', body] of puts) {
    expect([name, (await account.control('PUT', name, body)).status]).toEqual([name, 200]);
  }
  for (const [, name = '', body] of posts) {
    expect([name, (await account.control('POST', name, body)).status]).toEqual([name, 201]);
  }
});
