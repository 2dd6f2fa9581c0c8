import type { Principal } from '../../identity/principal.ts';
import { type Erasure, erasePerson } from '../../operations/erase-person.ts';
import { forgetTarget } from '../../operations/forget-target.ts';
import { askForLook, principalOf } from '../../operations/look-now.ts';
import { type Command, type CommandContext, NotThere, targetNamed } from '../command.ts';
import { columns } from '../text.ts';
import { typedPrincipal } from '../typed-principal.ts';
import { UsageError } from '../usage-error.ts';
import { whoeverAsks } from '../who.ts';

export const principalCommands: readonly Command[] = [
  {
    words: 'look',
    usage: 'PRINCIPAL',
    about: 'has one user, group or service principal looked at now, as after a change in Entra ID',
    names: 'one',
    options: ['target'],
    run: async ({ app, values, names: [typed = ''] }) => {
      const targets = values.target === undefined ? app.targets : [targetNamed(app.targets, values.target)];
      const p = await understood(app, typed);
      await app.queue.open();
      const asked = await askForLook({ ...app, targets }, p);
      return {
        json: asked,
        lines: [
          `${asked.principal} is looked at within seconds in ${asked.targets.join(', ')}`,
          `its lines in the log have correlationId=${asked.correlationId}; the last of them begins with looked, deferred or failed`,
          'how to search for it: docs/operations.md, "Searching the logs"',
        ],
      };
    },
  },
  {
    words: 'erase',
    usage: 'OBJECT-ID  [--force]',
    about: 'erases what is stored about one person who is out of scope; writes nothing to Databricks',
    names: 'one',
    options: ['force'],
    run: async ({ app, settings, values, names: [typed = ''], signal }) => {
      const p = typedPrincipal(typed.includes(':') ? typed : `user:${typed}`);
      if (p.kind !== 'user') throw new UsageError('erase takes the object id of a person');
      await app.queue.open();
      const { applicationObjectId } = settings.config.source;
      const o = { by: await whoeverAsks(settings), force: values.force, signal };
      const erasure = await erasePerson({ ...app, applicationObjectId }, settings, p.id, o);
      return { json: erasure, lines: erasureLines(erasure), isGood: erasure.missed.length === 0 };
    },
  },
  {
    words: 'forget-target',
    usage: 'TARGET',
    about: 'removes what is stored of a target that is configured no longer; writes nothing to Databricks',
    names: 'one',
    options: [],
    run: async ({ app, names: [target = ''] }) => {
      const removed = await forgetTarget(app, target);
      const rows = Object.entries(removed).map(([place, number]) => [place, String(number)] as const);
      if (rows.length === 0) throw new NotThere(`nothing is stored of a target that is called ${target}`);
      return {
        json: { target, removed },
        lines: [
          `forgot ${target}; in Databricks everything is as it was`,
          ...columns(rows),
          'what stays: its entries in ProvisioningLog, which say what was done',
          `its messages end as dead letters, if there are any: npm run ops -- dead-letters discard --target ${target} --why …`,
        ],
      };
    },
  },
];

/** `user:<object id>`, or an object id alone, whose kind is found out. @throws {NotThere} */
async function understood(app: CommandContext['app'], typed: string): Promise<Principal> {
  if (typed.includes(':')) return typedPrincipal(typed);
  const { id } = typedPrincipal(`user:${typed}`);
  const found = await principalOf(app, id);
  if (found !== undefined) return found;
  throw new NotThere(
    `neither Entra ID nor a link knows ${id}; for who is gone from Entra ID say the kind: user:${id}`,
  );
}

const ENTRA: Readonly<Record<Erasure['inEntra'], string>> = {
  present:
    'Entra ID still has the user: for as long as he is in a group that is provisioned, his object id comes back',
  'recycle bin':
    'Entra ID has the user in its recycle bin, for 30 days after the deletion: delete him there for good',
  gone: 'Entra ID does not know the user any more',
};

function erasureLines({ principal, removed, accounts, missed, inEntra }: Erasure): string[] {
  const places = Object.entries(removed);
  return [
    places.length === 0
      ? `nothing was stored about ${principal}`
      : `erased what was stored about ${principal}`,
    ...places.flatMap(([place, counts]) => [
      place,
      ...columns(Object.entries(counts).map(([what, number]) => [what, String(number)])),
    ]),
    ...(missed.length === 0
      ? []
      : [
          `not erased, since somebody else has them in hand: dead letters ${missed.join(', ')}; run it again`,
        ]),
    'what stays:',
    ...accounts.map(
      ({ target, scimId }) =>
        `  the account ${scimId} in ${target}, with its name, its e-mail and his object id: delete it there`,
    ),
    `  ${ENTRA[inEntra]}`,
    '  entries in ProvisioningLog and in Application Insights: his object id alone, which refers to nobody once Entra ID has forgotten him',
    '  messages that are on their way: his object id, until they are worked off within minutes',
  ];
}
