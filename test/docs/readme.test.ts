import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingTexts } from '../../src/config/setting-texts.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test.each(Object.entries(settingTexts))(
  'the README explains the setting %s as its error does',
  (name, text) => {
    expect(readme).toContain(`| \`${name}\` | ${text.holds} | \`${text.example}\` | ${text.absent} |`);
  },
);
