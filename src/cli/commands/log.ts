import { now } from '../../identity/clock.ts';
import { namelessOfKey } from '../../operations/names.ts';
import { readLog, type WriteRecord } from '../../operations/read-log.ts';
import type { Command } from '../command.ts';
import { type Named, named } from '../named.ts';
import { instantOf } from '../options.ts';
import { counted, isoTime } from '../text.ts';
import { typedKeyOrId } from '../typed-principal.ts';

/** Entries that are listed for people: the newest. */
const LISTED = 100;
/** Without `--newer-than`. */
const LOOKS_BACK = '24h';

export const logCommands: readonly Command[] = [
  {
    words: 'log',
    usage: '[PRINCIPAL…]  [--target ID]  [--newer-than AGE]  [--older-than AGE]',
    about: `what was written to the targets, and what people decided, by default within ${LOOKS_BACK}; of a group also its members, by number`,
    names: 'any',
    options: ['target', 'newer-than', 'older-than'],
    run: async ({ app, values, names }) => {
      const at = now();
      const entries = await readLog(app, {
        // One that is configured no longer has its entries still.
        targets: values.target === undefined ? app.targets.map(({ id }) => id) : [values.target],
        principals: names.map(typedKeyOrId),
        since: instantOf('newer-than', values['newer-than'] ?? LOOKS_BACK, at) ?? 0,
        until: instantOf('older-than', values['older-than'], at) ?? at,
      });
      const earlier = entries.length - LISTED;
      const listed = entries.slice(-LISTED);
      const known = await named(
        app,
        listed.flatMap(({ target, principal }) =>
          principal === undefined ? [] : [namelessOfKey(target, principal)],
        ),
      );
      return {
        json: entries,
        lines: [
          ...(earlier > 0 ? [`  … ${earlier} earlier ones; --json gives all`] : []),
          ...listed.map(entry => lineOf(entry, known)),
          ...known.lines,
          entries.length === 0
            ? 'nothing was written or decided'
            : counted(entries.length, 'entry', 'entries'),
        ],
      };
    },
  },
];

function lineOf(
  { at, action, principal, detail, cause, afterMs, target, correlationId }: WriteRecord,
  names: Named,
): string {
  const who = principal === undefined ? '-' : names.key(principal);
  const what = [action, who, detail].filter(text => text !== '').join(' ');
  return `  ${isoTime(at)}  ${what}  in ${target}  by ${cause}, ${(afterMs / 1_000).toFixed(1)} s after it was heard of  ${correlationId}`;
}
