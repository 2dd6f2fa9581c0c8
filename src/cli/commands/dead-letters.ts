import { now } from '../../identity/clock.ts';
import {
  type DeadLetter,
  type DeadLetterFilter,
  groupByReason,
  listDeadLetters,
} from '../../operations/dead-letters.ts';
import { discardDeadLetters } from '../../operations/dead-letters-discard.ts';
import { type DeadLettersDone, replayDeadLetters } from '../../operations/dead-letters-replay.ts';
import { namelessOfKey } from '../../operations/names.ts';
import { type Command, type CommandContext, type CommandResult, NotThere } from '../command.ts';
import { type Named, named } from '../named.ts';
import { instantOf, type Values } from '../options.ts';
import { atMost, columns, counted, isoTime } from '../text.ts';
import { UsageError } from '../usage-error.ts';
import { whoeverAsks } from '../who.ts';

/** Dead letters that are listed for people. */
const LISTED = 50;
const NOTE_EVERY = 50;
const FILTERS = ['reason', 'target', 'principal', 'older-than', 'newer-than'] as const;

export const deadLetterCommands: readonly Command[] = [
  {
    words: 'dead-letters list',
    usage: '[FILTERS]',
    about: 'messages that could not be applied, counted by reason',
    names: 'none',
    options: FILTERS,
    run: async ({ app, settings, values }) => {
      const letters = await listDeadLetters(settings, filterOf(values, []));
      const reasons = groupByReason(letters);
      const names = await namesIn(app, letters.slice(0, LISTED));
      return {
        json: { reasons, letters },
        lines: [
          ...atMost(
            letters.map(letter => lineOf(letter, names)),
            LISTED,
          ),
          ...names.lines,
          ...reasons.map(({ reason, count }) => `${counted(count, 'dead letter')}: ${reason}`),
          ...(letters.length === 0 ? ['no dead letters'] : []),
        ],
      };
    },
  },
  {
    words: 'dead-letters show',
    usage: 'NUMBER',
    about: 'one of them',
    names: 'one',
    options: [],
    run: async ({ app, settings, values, names }) => {
      const [letter] = await listDeadLetters(settings, filterOf(values, names));
      if (letter === undefined) throw new NotThere(`no dead letter has the number ${names[0]}`);
      const known = await namesIn(app, [letter]);
      return { json: letter, lines: [...detailsOf(letter, known), ...known.lines] };
    },
  },
  {
    words: 'dead-letters replay',
    usage: 'NUMBER… | FILTERS | --all  [--rate N]',
    about: 'sends them again, at most --rate a second (setting REPLAYS_PER_SECOND), and takes them out',
    names: 'any',
    options: ['all', ...FILTERS, 'rate'],
    run: async ({ app, settings, values, names, signal, note }) => {
      const filter = chosenFilter(values, names);
      const perSecond = values.rate === undefined ? settings.replaysPerSecond : rateOf(values.rate);
      await app.queue.open();
      let replayed = 0;
      const onReplayed = (): void => {
        replayed += 1;
        if (replayed % NOTE_EVERY === 0) note(`${replayed} replayed …`);
      };
      return resultOf(
        'replayed',
        await replayDeadLetters(app, settings, filter, { perSecond, signal, onReplayed }),
      );
    },
  },
  {
    words: 'dead-letters discard',
    usage: 'NUMBER… | FILTERS | --all  --why TEXT',
    about: 'takes them out for good; the provisioning log says who did it, and why',
    names: 'any',
    options: ['all', ...FILTERS, 'why'],
    run: async ({ app, settings, values, names, signal }) => {
      const filter = chosenFilter(values, names);
      const why = values.why?.trim() ?? '';
      if (why === '') throw new UsageError('a discard needs --why');
      const by = await whoeverAsks(settings);
      return resultOf('discarded', await discardDeadLetters(app, settings, filter, { by, why, signal }));
    },
  },
];

function resultOf(what: string, { done, missed }: DeadLettersDone): CommandResult {
  if (done + missed.length === 0) throw new NotThere('no dead letter is meant by that');
  return {
    json: { [what]: done, missed },
    lines: [
      `${what} ${counted(done, 'dead letter')}`,
      ...(missed.length === 0
        ? []
        : [`not ${what}, since somebody else has them in hand or took them: ${missed.join(', ')}`]),
    ],
    isGood: missed.length === 0,
  };
}

/** Everything is meant only by whoever says so. @throws {UsageError} */
function chosenFilter(values: Values, names: readonly string[]): DeadLetterFilter {
  const filter = filterOf(values, names);
  const isNarrowed = Object.values(filter).some(value => value !== undefined);
  if (values.all && isNarrowed) throw new UsageError('--all goes with neither numbers nor filters');
  if (!values.all && !isNarrowed) throw new UsageError('which dead letters: numbers, filters, or --all?');
  return filter;
}

function filterOf(values: Values, names: readonly string[]): DeadLetterFilter {
  const wrong = names.find(name => !/^\d{1,19}$/.test(name));
  if (wrong !== undefined) throw new UsageError(`${wrong} is no number of a dead letter`);
  const at = now();
  return {
    sequenceNumbers: names.length === 0 ? undefined : names,
    reason: values.reason,
    target: values.target,
    principal: values.principal,
    before: instantOf('older-than', values['older-than'], at),
    after: instantOf('newer-than', values['newer-than'], at),
  };
}

function rateOf(typed: string): number {
  const rate = Number(typed);
  if (!(rate >= 0.1 && rate <= 50)) throw new UsageError('--rate takes a number from 0.1 to 50');
  return rate;
}

function namesIn(app: CommandContext['app'], letters: readonly DeadLetter[]): Promise<Named> {
  // A message may name any target; of one that is not configured nothing is known.
  const known = new Set(app.targets.map(({ id }) => id));
  return named(
    app,
    letters.flatMap(({ target = '', principal }) =>
      principal === undefined || !known.has(target) ? [] : [namelessOfKey(target, principal)],
    ),
  );
}

function lineOf(letter: DeadLetter, names: Named): string {
  const { sequenceNumber, enqueuedAt, reason, target } = letter;
  return `  ${sequenceNumber}  ${isoTime(enqueuedAt)}  ${reason}  ${letter.principal === undefined ? '-' : names.key(letter.principal)}  ${target ?? '-'}`;
}

function detailsOf(letter: DeadLetter, names: Named): string[] {
  return columns(
    [
      ['number', letter.sequenceNumber],
      ['due since', isoTime(letter.enqueuedAt)],
      ['reason', letter.reason],
      ['description', letter.description],
      ['target', letter.target ?? 'not understood'],
      ['principal', letter.principal === undefined ? 'none' : names.key(letter.principal)],
      ['correlation id', letter.correlationId ?? 'none'],
      ['chain', letter.chain ?? 'none'],
      ['retries', String(letter.retries)],
      ...(letter.isSetAside
        ? [['set aside', 'by a replay or discard that is not through, or died'] as const]
        : []),
    ],
    '',
  );
}
