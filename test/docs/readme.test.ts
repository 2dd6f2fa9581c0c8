import { expect, test } from 'vitest';
import { parseProvisioningConfig } from '../../src/config/provisioning-config.ts';
import { settingTexts } from '../../src/config/setting-texts.ts';
import { HELP } from '../../src/local/start/options.ts';
import { holdKinds } from '../../src/state/holds.ts';
import { readPage } from './page.ts';

const { text: readme, rows } = readPage('README.md');

test.each(Object.entries(settingTexts))(
  'the README explains the setting %s as its error does',
  (name, text) => {
    expect(readme).toContain(`| \`${name}\` | ${text.holds} | \`${text.example}\` | ${text.absent} |`);
  },
);

test('the README has every kind of hold, and no other', () => {
  const listed = rows('What it does').flatMap(([kinds = '']) =>
    [...kinds.matchAll(/`([^`]+)`/g)].map(([, kind]) => kind),
  );
  expect(listed.toSorted()).toEqual([...holdKinds].toSorted());
});

test('the README has every option of npm start, and no other', () => {
  const options = (text: string): (string | undefined)[] =>
    [...text.matchAll(/^(?:\| `| {2})(--[\w-]+)/gm)].map(([, option]) => option).toSorted();
  expect(options(readme)).toEqual(options(HELP).filter(option => option !== '--help'));
});

test('the configuration of the README is complete', () => {
  const [, config = ''] = /^```jsonc\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  expect(parseProvisioningConfig(config, 'the README').targets).toHaveLength(1);
});

test.each([
  'README.md',
  'docs/configuration.md',
  'docs/coming-from-the-entra-connector.md',
  'infra/README.md',
])('npm commands in %s exist', path => {
  const { scripts } = JSON.parse(readPage('package.json').text) as { scripts: Record<string, string> };
  const named = [...readPage(path).text.matchAll(/npm (?:run )?([a-z][a-z:]*)/g)].map(([, script]) => script);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});
