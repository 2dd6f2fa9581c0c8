import { CronExpressionParser } from 'cron-parser';

/** A parsed NCRONTAB schedule, in UTC. */
export interface Schedule {
  /** First occurrence after `instant`; both in milliseconds since the epoch. */
  next(instant: number): number;
}

/**
 * Parses the `schedule` of a timer trigger.
 *
 * `%NAME%` stands for the app setting of that name. Then six NCRONTAB fields (second first), or five without the
 * seconds. Flex Consumption knows no time zone setting, and time spans need an App Service plan.
 *
 * @throws with the reason, when a setting is missing or the expression is not one that NCRONTAB takes.
 */
export function parseSchedule(text: string, settings: NodeJS.ProcessEnv): Schedule {
  const resolved = text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (!value) throw new Error(`'%${name}%' does not resolve to a value.`);
    return value;
  });
  const fields = resolved.trim().split(/\s+/);
  if (fields.length === 5) fields.unshift('0');
  if (fields.length !== 6)
    throw new Error(`The schedule expression '${resolved}' was not recognized as a valid cron expression.`);
  // The parser takes more than NCRONTAB does: macros, L, W, #, ? and H.
  for (const field of fields) {
    if (!/^(?:[0-9*,/-]|[A-Za-z]{3,})+$/.test(field)) {
      throw new Error(`The schedule expression '${resolved}' was not recognized as a valid cron expression.`);
    }
  }
  // NCRONTAB wants both to match, cron either: refused, rather than fired at the wrong moments.
  if (fields[3] !== '*' && fields[5] !== '*') {
    throw new Error(`'${resolved}': a day of the month together with a day of the week is not imitated`);
  }
  const expression = fields.join(' ');
  CronExpressionParser.parse(expression, { tz: 'UTC' });
  return {
    next: instant =>
      CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(instant) })
        .next()
        .getTime(),
  };
}
