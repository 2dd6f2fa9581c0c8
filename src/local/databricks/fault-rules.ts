import type { FaultRule, IncomingRequest } from './types.ts';

/**
 * The rule that strikes this request, if one does. Counts down the rules it looks at: `after` first, then `times`;
 * a rule that is used up is taken out of the list.
 *
 * @param onlyWithPath leaves out the rules that are for whatever comes.
 */
export function strike(
  rules: FaultRule[],
  request: IncomingRequest,
  onlyWithPath: boolean,
): FaultRule | undefined {
  for (const rule of rules) {
    if (rule.path === undefined && onlyWithPath) continue;
    if (rule.method !== undefined && rule.method !== request.method) continue;
    if (rule.path !== undefined && request.path.search(rule.path) < 0) continue;
    if (rule.sends !== undefined && JSON.stringify(request.body ?? '').search(rule.sends) < 0) continue;
    if (rule.after !== undefined && rule.after > 0) {
      rule.after -= 1;
      continue;
    }
    rule.times -= 1;
    if (rule.times <= 0) rules.splice(rules.indexOf(rule), 1);
    return rule;
  }
  return undefined;
}
