import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * Name, version, licence and licence text of every package whose code is in the bundle: their licences ask for that
 * wherever a copy of the code goes.
 * @param {string[]} folders below the top folder, such as `node_modules/zod`
 */
export function thirdPartyNotices(folders) {
  const notices = folders
    .filter(folder => folder !== '')
    .sort((a, b) => (a < b ? -1 : 1))
    .map(noticeOf);
  return `This package contains code of the following projects.\n\n${notices.join('\n')}`;
}

/** @param {string} folder */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const texts = readdirSync(join(root, folder))
    .filter(file => /^(licen[cs]e|notice|copying)([.-].*)?$/i.test(file))
    .sort((a, b) => (a < b ? -1 : 1))
    .map(file =>
      readFileSync(join(root, folder, file), 'utf8')
        .replaceAll('\r\n', '\n')
        .trim(),
    );
  return ['-'.repeat(78), `${name} ${version} (${license})`, '', ...texts, ''].join('\n');
}
