import { approveHold, HoldNotFound, listHolds, type OpenHold, rejectHold } from '../../operations/holds.ts';
import { type Command, NotThere, targetNamed } from '../command.ts';
import { columns, counted, isoTime } from '../text.ts';
import { whoeverAsks } from '../who.ts';

/** Ids that are listed of one hold for people. */
const LISTED = 10;

export const holdCommands: readonly Command[] = [
  {
    words: 'holds list',
    usage: '',
    about: 'what is held back for a person to decide, and what would help',
    names: 'none',
    options: ['target'],
    run: async ({ app, values: { target } }) => {
      if (target !== undefined) targetNamed(app.targets, target);
      const holds = (await listHolds(app)).filter(hold => target === undefined || hold.target === target);
      return {
        json: holds,
        lines: [
          ...holds.flatMap(linesOf),
          holds.length === 0 ? 'nothing is held' : counted(holds.length, 'hold'),
        ],
      };
    },
  },
  {
    words: 'holds approve',
    usage: 'ID',
    about: 'lets the listed ids that are still wanted be done',
    names: 'one',
    options: [],
    run: async ({ app, settings, names: [id = ''] }) => {
      const by = await whoeverAsks(settings);
      await app.queue.open();
      const hold = await named(() => approveHold(app, id, by));
      const text =
        hold.approvedAt === undefined
          ? `noted for ${hold.id}: somebody else has to approve it as well`
          : `approved ${hold.id}: the owner looks at it again and does what is still wanted`;
      return { json: hold, lines: [text] };
    },
  },
  {
    words: 'holds reject',
    usage: 'ID',
    about: 'keeps it undone for as long as its reason is the same',
    names: 'one',
    options: [],
    run: async ({ app, settings, names: [id = ''] }) => {
      const by = await whoeverAsks(settings);
      const hold = await named(() => rejectHold(app, id, by));
      return {
        json: hold,
        lines: [`rejected ${hold.id}: it stays undone for as long as its reason is the same`],
      };
    },
  },
];

async function named(decide: () => Promise<OpenHold>): Promise<OpenHold> {
  try {
    return await decide();
  } catch (error) {
    throw error instanceof HoldNotFound ? new NotThere(error.message, { cause: error }) : error;
  }
}

function linesOf(hold: OpenHold): string[] {
  const { ids } = hold;
  const touched = ids.length > LISTED ? [...ids.slice(0, LISTED), `and ${ids.length - LISTED} more`] : ids;
  const rows: [string, string][] = [
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
