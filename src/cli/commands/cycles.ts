import { enableTarget } from '../../operations/enable-target.ts';
import { approvePlan, type PlanSummary, summarizePlan } from '../../operations/plan.ts';
import { requestCycle } from '../../operations/request-cycle.ts';
import { type Command, type CommandContext, targetNamed } from '../command.ts';
import { named } from '../named.ts';
import { namelessOfPlan, planLines } from '../plan-lines.ts';
import { whoeverAsks } from '../who.ts';

export const cycleCommands: readonly Command[] = [
  {
    words: 'plan',
    usage: '',
    about: 'what a full comparison would change in each target; writes nothing',
    names: 'none',
    options: ['target'],
    run: async ({ app, values }) => {
      const plans = await summarizePlan({ ...app, targets: chosen(app.targets, values.target) });
      return { json: plans, lines: await linesOf(app, plans) };
    },
  },
  {
    words: 'plan approve',
    usage: '[--force]',
    about:
      'shows what would change in targets that wait in plan-only, and lets them be written to; proposed adoptions stay held',
    names: 'none',
    options: ['target', 'force'],
    run: async ({ app, settings, values }) => {
      const targets = chosen(app.targets, values.target);
      const by = await whoeverAsks(settings);
      const approval = await approvePlan({ ...app, targets }, { seen: values.force, by });
      const { plans, released, refused } = approval;
      const isNobody = released.length + refused.length === 0;
      return {
        json: approval,
        lines: [
          ...(await linesOf(app, plans)),
          ...(isNobody ? ['no target waits for a plan to be approved'] : []),
          ...(released.length === 0 ? [] : [`approved: ${released.join(', ')}`]),
          ...refused.map(
            id =>
              `not approved, since nothing could be shown: ${id}; who has seen its plan elsewhere adds --force`,
          ),
        ],
        isGood: refused.length === 0,
      };
    },
  },
  {
    words: 'cycle',
    usage: '',
    about: 'makes the next tick of the reconcile timer run a full cycle',
    names: 'none',
    options: [],
    run: async ({ app }) => {
      await requestCycle(app);
      return { json: { requested: true }, lines: ['a cycle begins within a minute'] };
    },
  },
  {
    words: 'audit',
    usage: 'TARGET',
    about: 'makes the next cycle compare that target completely',
    names: 'one',
    options: [],
    run: async ({ app, names: [id = ''] }) => {
      const target = targetNamed(app.targets, id);
      await app.queue.open();
      await requestCycle({ ...app, targets: [target] }, { audit: 'asked for by a person' });
      return { json: { target: id, requested: true }, lines: [`${id} is compared within a minute or so`] };
    },
  },
  {
    words: 'enable',
    usage: 'TARGET',
    about: 'ends the quarantine of a target, also of one that is not probed any longer',
    names: 'one',
    options: [],
    run: async ({ app, names: [id = ''] }) => {
      targetNamed(app.targets, id);
      await app.queue.open();
      const enabled = await enableTarget(app, id);
      const text = enabled
        ? `${id} is written to again, and compared completely`
        : `${id} is not in quarantine`;
      return { json: { target: id, enabled }, lines: [text] };
    },
  },
];

async function linesOf(app: CommandContext['app'], plans: readonly PlanSummary[]): Promise<string[]> {
  const names = await named(app, plans.flatMap(namelessOfPlan));
  return [...plans.flatMap(plan => planLines(plan, names)), ...names.lines];
}

function chosen(targets: CommandContext['app']['targets'], id: string | undefined) {
  return id === undefined ? targets : [targetNamed(targets, id)];
}
