import { expect, test } from 'vitest';
import { QUEUE_NAME } from '../../src/messaging/change-queue.ts';
import { CONTAINER, tables } from '../../src/state/state.ts';
import { readPage } from './page.ts';
import { expectShown } from './shown-by.ts';

const page = readPage('docs/threat-model.md');

/** Sections that say what stops something: those whose tables have a column "shown by". */
const sections = [...page.text.matchAll(/^## (.+)\n(?:(?!^## )[\s\S])*?^\|[^\n]*\| shown by \|$/gm)].map(
  ([, heading = '']) => heading,
);

const threats = sections.flatMap(section =>
  page.rows(section).map(([threat = '', stopped = '', shown = '']) => ({ section, threat, stopped, shown })),
);

test('the page speaks of everybody that a reviewer asks about', () => {
  expect(sections).toEqual([
    'A forged notification',
    'A stolen key',
    'A malicious name in the directory',
    'A malicious group owner',
    'A planted resource',
    'A compromised target',
    'A source that lies',
    'The supply chain',
  ]);
  expect(threats.length).toBeGreaterThan(40);
});

test.each(threats)(
  '$section, $threat: what stops it is said, and shown by tests that are there',
  ({ stopped, shown }) => {
    expect(stopped).not.toBe('');
    expectShown(shown);
  },
);

test('the page about personal data has every place where something is kept, and no other', () => {
  const places = readPage('docs/personal-data.md').rows('What is stored where');
  const named = places.map(([place = '']) => place.replaceAll('`', ''));
  expect(named.toSorted()).toEqual(
    [...tables, CONTAINER, QUEUE_NAME, 'the log (Application Insights)'].toSorted(),
  );
  for (const [place, what, howLong] of places) {
    expect(what, place).not.toBe('');
    if (what !== 'nothing') expect(howLong, place).not.toBe('');
  }
});

test('and says of each that holds something about people how it is erased', () => {
  const page = readPage('docs/personal-data.md');
  const named = (cell = ''): string[] => cell.split(', ').map(place => place.replaceAll('`', ''));
  const erased = page.rows('How it is erased').flatMap(([place]) => named(place));
  const holding = page
    .rows('What is stored where')
    // Groups are nobody.
    .filter(([place, what]) => what !== 'nothing' && place !== '`ProvisioningNesting`')
    .flatMap(([place]) => named(place));
  expect(erased.toSorted()).toEqual(holding.toSorted());
});
