import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { parseProvisioningConfig } from '../../src/config/provisioning-config.ts';
import { sectionKinds } from '../../src/config/provisioning-config-rules.ts';
import { defaultMappings } from '../../src/mapping/default-mappings.ts';
import { type SourceType, sourceAttributes } from '../../src/mapping/source-attributes.ts';
import { targetAttributes } from '../../src/mapping/target-attributes.ts';
import { remedies } from '../../src/operations/holds.ts';
import { operators } from '../../src/scope/filter.ts';
import { compileTest, whyNotFor } from '../../src/scope/operators.ts';
import { documentedKeys } from './config-paths.ts';
import { code, readPage } from './page.ts';

const page = readPage('docs/configuration.md');

const kinds = [
  ['user', 'Users', 'users'],
  ['group', 'Groups', 'groups'],
  ['servicePrincipal', 'Service principals', 'servicePrincipals'],
] as const;

const TYPES: Readonly<Record<SourceType, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'boolean',
  date: 'date',
  strings: 'several texts',
};

test('the smallest file of the page is complete', () => {
  const [, text = ''] = /^```jsonc\n([\s\S]*?)^```$/m.exec(page.text) ?? [];
  expect(parseProvisioningConfig(text, 'the page').scope.mode).toBe('assigned');
});

test('the page has every key with its default, and no other', () => {
  const listed = page.rows('Keys').map(([key, value]) => [code(key), code(value)]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(documentedKeys(configJsonSchema())));
  expect(listed).toHaveLength(new Set(listed.map(([key]) => key)).size);
});

test('the page has every operator, and the attributes that it is for', () => {
  const rows = page.rows('Operators');
  expect(rows.map(([operator]) => code(operator))).toEqual([...operators]);
  for (const [cell, , listed = ''] of rows) {
    const operator = operators.find(one => one === code(cell));
    if (operator === undefined || operator === 'IsMemberOf') continue;
    const taken = (Object.keys(TYPES) as SourceType[]).filter(
      type => whyNotFor(operator, type) === undefined,
    );
    const expected = listed === 'all' ? Object.keys(TYPES) : taken;
    expect(taken, operator).toEqual(expected);
    if (listed !== 'all')
      expect(listed.split(', ').toSorted(), operator).toEqual(taken.map(type => TYPES[type]).toSorted());
  }
});

test('every operator but IS NULL is false without a value, as the page says', () => {
  const passing = operators.filter(operator => {
    if (operator === 'IsMemberOf') return false;
    const type = operator === 'IS TRUE' || operator === 'IS FALSE' ? 'boolean' : 'string';
    const operand = /NULL|TRUE|FALSE/.test(operator) ? undefined : /[&_]/.test(operator) ? '1' : 'x';
    return compileTest(operator, type, operand)(null);
  });
  expect(passing).toEqual(['IS NULL']);
});

test.each(kinds)('the page has the source attributes of a %s', (kind, heading) => {
  const listed = page.rows(heading).map(([name, property, type]) => [code(name), code(property), type]);
  expect(listed).toEqual(
    sourceAttributes(kind).map(({ name, select, type }) => [name, select ?? '', TYPES[type]]),
  );
});

test('the page has the target attributes', () => {
  const written = { always: 'always', create: 'at creation', never: 'never' };
  const yes = (is: boolean): string => (is ? 'yes' : '');
  expect(page.rows('Target attributes')).toEqual(
    kinds.flatMap(([kind, , section]) =>
      targetAttributes(kind).map(({ path, writable, required, matchable, follows }) => [
        section,
        `\`${path}\``,
        written[writable],
        yes(required),
        yes(matchable),
        follows === undefined ? '' : `\`${follows}\``,
      ]),
    ),
  );
});

test('the page has the default rules', () => {
  const expected = Object.entries(sectionKinds).flatMap(([section, kind]) =>
    defaultMappings[kind].map(({ target, source, apply }) => [
      section,
      target,
      source,
      apply === 'onCreate' ? 'on create only' : '',
    ]),
  );
  const listed = page
    .rows('Default rules')
    .map(([section, target, source, when]) => [section, code(target), code(source), when]);
  expect(listed).toEqual(expected);
});

test('the page has every kind of hold, and says what helps as the command does', () => {
  const listed = page.rows('Holds').map(([kind, , approvable, text]) => [code(kind), approvable, text]);
  const expected = Object.entries(remedies).map(([kind, { approvable, text }]) => [
    kind,
    approvable ? 'yes' : 'no',
    text,
  ]);
  expect(listed.toSorted()).toEqual(expected.toSorted());
});

test.each([
  'README.md',
  'docs/configuration.md',
  'docs/coming-from-the-entra-connector.md',
  'docs/expressions.md',
])('links of %s lead somewhere', path => {
  const folder = new URL(`../../${path}`, import.meta.url);
  const links = [...readPage(path).text.matchAll(/\]\(([^)#]+)?(?:#([\w-]+))?\)/g)];
  for (const [link, target, anchor] of links) {
    const file = target === undefined ? folder : new URL(target, folder);
    expect(existsSync(file), link).toBe(true);
    if (anchor === undefined) continue;
    const below = readPage(file.pathname.slice(new URL('../../', import.meta.url).pathname.length));
    const anchors = [...below.text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/ /g, '-'),
    );
    expect(anchors, link).toContain(anchor);
  }
});
