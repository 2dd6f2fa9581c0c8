import { type ConnectionCheck, testConnections } from '../../operations/connection-test.ts';
import { peekDeadLetters } from '../../operations/dead-letters.ts';
import { type FailingPrincipal, listFailures } from '../../operations/failures.ts';
import { namelessOfKey } from '../../operations/names.ts';
import { readStatus, type TargetStatus } from '../../operations/status.ts';
import type { Command } from '../command.ts';
import { type Named, named } from '../named.ts';
import { atMost, columns, counted, isoTime } from '../text.ts';

/** Failing principals that are listed for people. */
const LISTED = 20;

export const statusCommands: readonly Command[] = [
  {
    words: 'status',
    usage: '',
    about: 'what each target holds, what waits, is held, fails, and lies in the dead-letter queue',
    names: 'none',
    options: [],
    run: async ({ app, settings }) => {
      const [targets, failing, deadLetters, source] = await Promise.all([
        readStatus(app),
        listFailures(app),
        peekDeadLetters(settings),
        app.state.source.read(),
      ]);
      const listed = targets.flatMap(({ target: id }) =>
        failing.filter(({ target }) => target === id).slice(0, LISTED),
      );
      const names = await named(
        app,
        listed.map(({ target, principal }) => namelessOfKey(target, principal)),
      );
      const closed = source.quarantine;
      return {
        json: { source, targets, failing, deadLetters },
        lines: [
          ...(closed === undefined
            ? []
            : [`nothing is concluded from Entra ID since ${isoTime(closed.since)}: ${closed.reason}`]),
          ...targets.flatMap(status => [
            ...linesOf(status),
            ...atMost(
              failing.filter(({ target }) => target === status.target).map(each => failingLine(each, names)),
              LISTED,
            ),
          ]),
          ...names.lines,
          ...(deadLetters.length === 0 ? ['no dead letters'] : []),
          ...deadLetters.map(({ reason, count }) => `${counted(count, 'dead letter')}: ${reason}`),
        ],
      };
    },
  },
  {
    words: 'connection',
    usage: '',
    about:
      'asks storage, Service Bus, Graph and every target for something harmless, and says what to do about what is wrong',
    names: 'none',
    options: [],
    run: async ({ app, settings }) => {
      const checks = await testConnections(app, settings);
      return {
        json: checks,
        lines: checks.flatMap(connectionLines),
        isGood: checks.every(({ problem }) => problem === undefined),
      };
    },
  },
];

function connectionLines({ to, what, problem, advice }: ConnectionCheck): string[] {
  if (problem === undefined) return [`ok       ${to}: ${what}`];
  return [`PROBLEM  ${to}: ${what}: ${problem}`, ...(advice === undefined ? [] : [`         ${advice}`])];
}

function linesOf(status: TargetStatus): string[] {
  const { target, users, servicePrincipals, groups, memberships, backlog, held, failed, lastAuditAt } =
    status;
  const waiting = Object.entries(backlog).filter(([, count]) => count > 0);
  return [
    target,
    ...columns([
      ['users', String(users)],
      ['service principals', String(servicePrincipals)],
      ['groups', `${groups}, with ${counted(memberships, 'membership')}`],
      ['waiting', waiting.map(([rowClass, count]) => `${count} ${rowClass}`).join(', ') || 'nothing'],
      ['held', held === 0 ? 'nothing' : counted(held, 'hold')],
      ['failing', failed === 0 ? 'nobody' : counted(failed, 'principal')],
      ['last audit', lastAuditAt === undefined ? 'none yet' : isoTime(lastAuditAt)],
      ...notices(status),
    ]),
  ];
}

/** What a person should know of, or has to do something about. */
function notices({ planOnly, quarantine, aim, signIns }: TargetStatus): [string, string][] {
  const found: [string, string][] = [];
  if (planOnly) found.push(['plan-only', 'revocations alone are written until the plan is approved']);
  if (quarantine !== undefined)
    found.push(['quarantine', `since ${isoTime(quarantine.since)}: ${quarantine.reason}`]);
  if (quarantine?.disabledAt !== undefined)
    found.push(['switched off', `since ${isoTime(quarantine.disabledAt)}; \`enable\` switches it on again`]);
  if (aim.state === 'on') found.push(['identities', 'managed automatically']);
  for (const { problems } of Object.values(signIns))
    for (const problem of problems) found.push(['signing in', problem]);
  return found;
}

function failingLine(
  { principal, code, attempts, nextTryAt, message }: FailingPrincipal,
  names: Named,
): string {
  return `  ${names.key(principal)}  ${code}, ${counted(attempts, 'time')}, next try after ${isoTime(nextTryAt)}: ${message}`;
}
