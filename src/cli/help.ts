import { commands } from './commands/all.ts';

/** Exit codes, and what each says. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, notThere: 3, interrupted: 130 } as const;

export const HELP = `Usage: npm run ops -- COMMAND [options]

Commands for the people who look after a deployment. They read and write what the app keeps in storage and in its queue;
to a target only the running app writes.

${commands.map(({ words, usage, about }) => `  ${`${words} ${usage}`.trim()}\n      ${about}`).join('\n')}

FILTERS of dead letters; all that are given have to hold:
  --reason CODE         as in \`dead-letters list\`
  --target ID
  --principal ID        user:<object id>, or the object id alone
  --older-than AGE      90s, 30m, 2h, 7d, or a date
  --newer-than AGE

Of \`holds list\`: --target ID, --kind KIND (such as proposed-adoption).

PRINCIPAL is user:, group: or servicePrincipal: and an object id, or the object id alone.

  --settings FILE       the settings of the deployment; default local.settings.json (see local.settings.sample.json)
  --json                one JSON value on standard output
  --help                this text

Exit codes: ${EXIT.done} done, ${EXIT.failed} failed or not all of it done, ${EXIT.wrongUse} wrong use, ${EXIT.notThere} what was named is not there, ${EXIT.interrupted} interrupted.
`;
