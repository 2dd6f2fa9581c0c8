import { userInfo } from 'node:os';
import { approveHold, listHolds, type OpenHold, rejectHold } from '../../operations/holds.ts';
import { approvePlan, summarizePlan } from '../../operations/plan.ts';
import { openConfigured } from './configured-session.ts';
import type { StartOptions } from './options.ts';
import type { Screen } from './screen.ts';
import { showPlan } from './show.ts';

/** The doors to holds and plan-only until there is a command line of their own. They write state, never to a target. */
export async function openDoor(
  action: Exclude<StartOptions['action'], { kind: 'help' | 'run' }>,
  values: Readonly<Record<string, string>>,
  screen: Screen,
): Promise<void> {
  const app = await openConfigured(values);
  try {
    if (action.kind === 'holds') {
      const holds = await listHolds(app);
      if (holds.length === 0) screen.line('Nothing is held.');
      for (const hold of holds) showHold(screen, hold);
    } else if (action.kind === 'approve') {
      const { id, approvedAt } = await approveHold(app, action.id, whoeverAsks());
      screen.line(
        approvedAt === undefined
          ? `Noted for ${id}. Somebody else has to approve it as well.`
          : `Approved ${id}. The running pipeline looks at it again and acts on what is still wanted.`,
      );
    } else if (action.kind === 'reject') {
      const { id } = await rejectHold(app, action.id, whoeverAsks());
      screen.line(`Rejected ${id}. It stays undone for as long as its reason is the same.`);
    } else {
      const targets = app.targets.filter(({ id }) => action.target === undefined || id === action.target);
      if (targets.length === 0) throw new Error(`no target is called ${action.target}`);
      const plans = await summarizePlan({ ...app, targets });
      showPlan(screen, plans);
      // Nobody approves what could not be shown.
      const shown = targets.filter(({ id }) =>
        plans.some(({ target, notCompared }) => target === id && notCompared === undefined),
      );
      const released = await approvePlan({ ...app, targets: shown });
      screen.line(
        released.length === 0
          ? 'No target waits for a plan to be approved.'
          : `Approved: ${released.join(', ')}`,
      );
    }
  } finally {
    await app.stop();
  }
}

/** The user of this machine: who may decide is settled by who may write to the storage account. */
function whoeverAsks(): string {
  return userInfo().username;
}

function showHold(screen: Screen, hold: OpenHold): void {
  screen.line(`${hold.id}`);
  const touched =
    hold.ids.length === 0 ? '' : ` (${hold.ids.slice(0, 10).join(', ')}${hold.ids.length > 10 ? ', …' : ''})`;
  screen.table([
    ['target', hold.target],
    ['since', new Date(hold.heldAt).toISOString()],
    ['why', `${hold.cause}${touched}`],
    ['what helps', whatHelps(hold)],
    ...(hold.canBeApproved ? [['approve', `npm start -- --approve '${hold.id}'`] as const] : []),
    ...(hold.rejectedAt === undefined ? [['reject', `npm start -- --reject '${hold.id}'`] as const] : []),
  ]);
}

function whatHelps({ approvedAt, rejectedAt, whatHelps: text }: OpenHold): string {
  if (approvedAt !== undefined) return 'approved: waits for its next look';
  return rejectedAt === undefined ? text : `rejected: stays as it is; ${text}`;
}
