import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';

const root = new URL('../../', import.meta.url);

/** Holds a cell to what it may hold: test files, each with a part of a title that is in it, and nothing else. */
export function expectShown(cell: string): void {
  const named = [...cell.matchAll(/`(test\/[\w/.-]+\.test\.ts)` "([^"]+)"/g)];
  expect(named.length, cell).toBeGreaterThan(0);
  expect(cell.replaceAll(/`test\/[\w/.-]+` "[^"]+"(, )?/g, '')).toBe('');
  for (const [, file = '', title = ''] of named) {
    const url = new URL(file, root);
    expect(existsSync(url), file).toBe(true);
    expect(readFileSync(url, 'utf8').replaceAll("\\'", "'"), file).toContain(title);
  }
}
