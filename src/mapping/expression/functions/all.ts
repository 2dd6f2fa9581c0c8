import { nearestName } from '../../../identity/nearest-name.ts';
import type { FunctionDefinition } from '../definition.ts';
import { SyntaxProblem } from '../errors.ts';
import type { CallNode } from '../syntax.ts';
import { dateFunctions } from './dates.ts';
import { encodingFunctions } from './encoding.ts';
import { listFunctions } from './lists.ts';
import { logicFunctions } from './logic.ts';
import { randomFunctions } from './random.ts';
import { replaceFunctions } from './replace.ts';
import { textFunctions } from './text.ts';

const functions = new Map<string, FunctionDefinition>(
  [
    dateFunctions,
    encodingFunctions,
    listFunctions,
    logicFunctions,
    randomFunctions,
    replaceFunctions,
    textFunctions,
  ].flatMap(group => Object.entries(group)),
);

/** Functions of Entra's language that make no sense for this target: why, and what to write instead. */
const refused = new Map<string, { readonly why: string; readonly instead: string }>([
  [
    'AppRoleAssignmentsComplex',
    {
      why: 'it gives JSON for a complex roles attribute, which Databricks has not',
      instead: '[appRoleAssignments], mapped to roles or entitlements with a declared list of values',
    },
  ],
  [
    'AssertiveAppRoleAssignmentsComplex',
    {
      why: 'it gives JSON for a complex roles attribute, which Databricks has not',
      instead:
        '[appRoleAssignments], mapped assertively to roles or entitlements with a declared list of values',
    },
  ],
  [
    'DefaultDomain',
    {
      why: 'it is for provisioning into Entra ID only',
      instead: 'the domain as text, such as "contoso.com"',
    },
  ],
  [
    'SelectUniqueValue',
    {
      why: 'it is for provisioning into on-premises Active Directory only; names in Databricks must follow Entra’s',
      instead: 'one rule that gives a unique value, such as [userPrincipalName]',
    },
  ],
]);

export const implementedFunctions: readonly string[] = [...functions.keys()].toSorted();
export const refusedFunctions: readonly string[] = [...refused.keys()].toSorted();

/** @throws SyntaxProblem for a name that is unknown or refused */
export function functionNamed({ name, at }: CallNode): FunctionDefinition {
  const found = functions.get(name);
  if (found !== undefined) return found;
  const refusal = refused.get(name);
  if (refusal !== undefined) {
    throw new SyntaxProblem(at, refusal.instead, `${name} is not supported: ${refusal.why}`);
  }
  const problem = `there is no function ${name}`;
  if (/^(and|or)$/i.test(name)) {
    throw new SyntaxProblem(at, 'IIF nested in IIF', `${problem}: conditions cannot be combined`);
  }
  const near = nearestName(name, [...implementedFunctions, ...refusedFunctions]);
  const question = near === undefined ? '' : ` (did you mean ${near}?)`;
  throw new SyntaxProblem(at, 'the name of a function, in its own case', problem + question);
}
