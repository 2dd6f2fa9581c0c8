import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands/all.ts';
import { settingTexts } from '../../src/config/setting-texts.ts';
import { holdKinds } from '../../src/state/holds.ts';
import { Infra, literalAt, readFiles } from '../infra/model/infra.ts';
import { readPage } from './page.ts';
import { expectShown } from './shown-by.ts';

const page = readPage('docs/when-things-go-wrong.md');
const troubles = ['When something is down', 'When a limit is reached'].flatMap(heading => page.rows(heading));
const crashes = page.rows('When it dies between two writes');

/** The product's source, without what stands in for the cloud. */
const SOURCE = new URL('../../src/', import.meta.url);
const source = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts') && !path.startsWith('local/'))
  .map(path => readFileSync(new URL(path, SOURCE), 'utf8'))
  .join('\n');

const infra = new Infra(readFiles());
const rules = infra.template('alerts').variables.get('rules');
const alerts = [
  ...(rules?.kind === 'array' ? rules.items : []).map(rule => String(literalAt(rule, 'name'))),
  ...infra
    .created('Microsoft.Insights/metricAlerts')
    .map(({ resource: { body } }) => String(literalAt(body, 'name'))),
];

const reasons = readPage('docs/operations.md')
  .rows('Reasons of dead letters')
  .flatMap(([cell = '']) => codes(cell));

test('the page has every dependency, and every limit', () => {
  const named = (heading: string): string =>
    page
      .rows(heading)
      .map(([what]) => what)
      .join('\n');
  for (const dependency of [
    'Graph',
    'Entra sign-in',
    'Service Bus',
    'Storage',
    'Key Vault',
    'Databricks',
    'The app',
  ])
    expect(named('When something is down')).toContain(`**${dependency}`);
  for (const limit of ['request rates', '429', 'throttling', 'queue', 'table', 'delta link', 'subscription'])
    expect(named('When a limit is reached')).toContain(limit);
  expect(crashes.length).toBeGreaterThan(8);
});

describe.each(troubles)('%s', (_what, does = '', see = '', help = '', shown = '') => {
  test('what the pipeline does, and what to do, is said', () => {
    for (const cell of [does, see, help]) expect(cell).not.toBe('');
  });

  test('what is seen is an event that is logged, an alert, a hold or a dead letter', () => {
    expect(codes(see).length).toBeGreaterThan(0);
    for (const name of codes(see)) expect(isKnown(name), name).toBe(true);
    for (const [, name = ''] of see.matchAll(/alerts? `([^`]+)`/g)) expect(alerts).toContain(name);
  });

  test('tests show it', () => expectShown(shown));
});

describe.each(crashes)('a crash after: %s', (_first, leaves = '', mends = '', shown = '') => {
  test('who mends it is said, and shown by tests', () => {
    for (const cell of [leaves, mends]) expect(cell).not.toBe('');
    expectShown(shown);
  });
});

describe.each(['docs/when-things-go-wrong.md', 'docs/operations.md', 'docs/capacity.md'])('%s', path => {
  const { text } = readPage(path);

  test('names commands, test files and settings that are there', () => {
    for (const [, words = ''] of text.matchAll(/npm run ops -- ([a-z][a-z -]*[a-z])/g))
      expect(
        commands.some(command => words.startsWith(command.words)),
        words,
      ).toBe(true);
    for (const [, file = ''] of text.matchAll(/`(test\/[\w/.-]+)`/g))
      expect(existsSync(new URL(`../../${file}`, import.meta.url)), file).toBe(true);
    for (const [, name = ''] of text.matchAll(/`([A-Z][A-Z]+_[A-Z_]+)(?:=\w+)?`/g))
      expect([...Object.keys(settingTexts), ...deploymentVariables(), 'AZURE_CLIENT_SECRET']).toContain(name);
  });

  test('links to headings that are there', () => {
    for (const [, file = '', anchor = ''] of text.matchAll(/\]\(([\w.-]+\.md)?(?:#([\w-]+))?\)/g)) {
      const target = file === '' ? path : `docs/${file}`;
      const headings = [...readPage(target).text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      if (anchor !== '') expect(headings, `${target}#${anchor}`).toContain(anchor);
    }
  });
});

describe('how secrets are replaced', () => {
  test.each(readPage('docs/operations.md').rows('Replacing secrets'))(
    '%s: shown by tests, or said not to be',
    (_secret, where = '', how = '', _gap = '', shown = '') => {
      for (const cell of [where, how]) expect(cell).not.toBe('');
      if (!shown.startsWith('none')) expectShown(shown);
    },
  );
});

function codes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

function isKnown(name: string): boolean {
  const known: readonly string[] = [...alerts, ...reasons, ...holdKinds];
  return known.includes(name) || source.includes(`'${name}'`);
}

function deploymentVariables(): string[] {
  const { parameters } = JSON.parse(infra.text('infra/main.parameters.json')) as {
    parameters: Record<string, { value: string }>;
  };
  return Object.values(parameters).map(({ value }) => value.slice(2, -1).split('=')[0] ?? '');
}
