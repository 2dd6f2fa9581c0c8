import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEquivalents } from './equivalent.ts';

test('every mutant that is listed as equivalent is one of a line that is there', () => {
  const lines = (file: string) =>
    readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
      .split('\n')
      .map(line => line.trim());
  for (const { file, line, from } of readEquivalents()) {
    expect(lines(file), file).toContain(line);
    expect(line).toContain(from.split('\n', 1)[0]);
  }
});
