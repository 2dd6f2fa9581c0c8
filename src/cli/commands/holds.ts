import { describeError } from '../../identity/logger.ts';
import {
  approveHold,
  HoldNotApprovable,
  HoldNotFound,
  listHolds,
  type OpenHold,
  rejectHold,
} from '../../operations/holds.ts';
import { namelessOfHold } from '../../operations/names.ts';
import { HoldChanged } from '../../state/hold-decisions.ts';
import { holdKinds } from '../../state/holds.ts';
import { type Command, type CommandResult, NotThere, targetNamed } from '../command.ts';
import { type Named, named } from '../named.ts';
import { columns, counted, isoTime } from '../text.ts';
import { UsageError } from '../usage-error.ts';
import { whoeverAsks } from '../who.ts';

/** Ids that are listed of one hold for people. */
const LISTED = 10;

export const holdCommands: readonly Command[] = [
  {
    words: 'holds list',
    usage: '',
    about: 'what is held back for a person to decide, and what would help',
    names: 'none',
    options: ['target', 'kind'],
    run: async ({ app, values: { target, kind } }) => {
      if (target !== undefined) targetNamed(app.targets, target);
      if (kind !== undefined && !holdKinds.some(known => known === kind))
        throw new UsageError(`there is no kind of hold called ${kind}; there is ${holdKinds.join(', ')}`);
      const holds = (await listHolds(app)).filter(
        hold =>
          (target === undefined || hold.target === target) && (kind === undefined || hold.kind === kind),
      );
      const names = await named(app, holds.flatMap(namelessOfHold));
      return {
        json: holds.map(hold => withNames(hold, names)),
        lines: [
          ...holds.flatMap(hold => linesOf(hold, names)),
          ...names.lines,
          holds.length === 0 ? 'nothing is held' : counted(holds.length, 'hold'),
        ],
      };
    },
  },
  {
    words: 'holds approve',
    usage: 'ID…',
    about: 'lets the listed ids that are still wanted be done',
    names: 'some',
    options: [],
    run: async ({ app, settings, names }) => {
      const by = await whoeverAsks(settings);
      await app.queue.open();
      return decideEach(
        names,
        id => approveHold(app, id, by),
        ({ id, approvedAt }) =>
          approvedAt === undefined
            ? `noted for ${id}: somebody else has to approve it as well`
            : `approved ${id}: the owner looks at it again and does what is still wanted`,
      );
    },
  },
  {
    words: 'holds reject',
    usage: 'ID…',
    about: 'keeps it undone for as long as its reason is the same',
    names: 'some',
    options: [],
    run: async ({ app, settings, names }) => {
      const by = await whoeverAsks(settings);
      return decideEach(
        names,
        id => rejectHold(app, id, by),
        ({ id }) => `rejected ${id}: it stays undone for as long as its reason is the same`,
      );
    },
  },
];

/**
 * Each on its own: that nothing can be decided about one is no reason not to decide about the others. Trouble that has
 * nothing to do with one of them ends it, and what was decided until then is told all the same.
 */
async function decideEach(
  ids: readonly string[],
  decide: (id: string) => Promise<OpenHold>,
  text: (hold: OpenHold) => string,
): Promise<CommandResult> {
  const holds: OpenHold[] = [];
  const undecided: { readonly id: string; readonly why: string }[] = [];
  for (const [place, id] of ids.entries()) {
    try {
      holds.push(await decide(id));
    } catch (error) {
      const isAboutOne = [HoldNotFound, HoldChanged, HoldNotApprovable].some(type => error instanceof type);
      if (isAboutOne && error instanceof Error) {
        if (ids.length === 1 && error instanceof HoldNotFound)
          throw new NotThere(error.message, { cause: error });
        undecided.push({ id, why: error.message });
        continue;
      }
      if (holds.length === 0) throw error;
      undecided.push({ id, why: describeError(error) });
      undecided.push(...ids.slice(place + 1).map(next => ({ id: next, why: 'not tried after that' })));
      break;
    }
  }
  return {
    json: { holds, undecided },
    lines: [...holds.map(text), ...undecided.map(({ id, why }) => `not decided ${id}: ${why}`)],
    isGood: undecided.length === 0,
  };
}

function withNames(hold: OpenHold, { byId }: Named) {
  const known = namelessOfHold(hold).flatMap(({ id }): [string, string][] => {
    const name = byId.get(id);
    return name === undefined ? [] : [[id, name]];
  });
  return { ...hold, names: Object.fromEntries(known) };
}

function linesOf(hold: OpenHold, names: Named): string[] {
  const { ids, principal } = hold;
  const touched = ids.slice(0, LISTED).map(id => names.id(id));
  if (ids.length > LISTED) touched.push(`and ${ids.length - LISTED} more`);
  const rows: [string, string][] = [
    ['who', names.key(principal)],
    ['since', isoTime(hold.heldAt)],
    ['why', hold.cause],
  ];
  if (touched.length > 0) rows.push(['touches', touched.join(', ')]);
  const decided = decisionOf(hold);
  if (decided !== undefined) rows.push(['decided', decided]);
  return [hold.id, ...columns([...rows, ['what helps', hold.whatHelps]])];
}

function decisionOf({ approvedAt, approvedBy, rejectedAt, expiredAt }: OpenHold): string | undefined {
  if (rejectedAt !== undefined) return `rejected ${isoTime(rejectedAt)}`;
  if (approvedAt !== undefined) return `approved ${isoTime(approvedAt)} by ${approvedBy.join(', ')}`;
  if (approvedBy.length > 0) return `approved by ${approvedBy.join(', ')}; somebody else has to as well`;
  return expiredAt === undefined ? undefined : `nobody did in time: expired ${isoTime(expiredAt)}`;
}
