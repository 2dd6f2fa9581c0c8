import { SourceUnavailable } from '../directory/errors.ts';
import { principalKind } from '../identity/principal.ts';
import { readApplication } from './source-application.ts';
import type { SourceAccess } from './source-evidence.ts';

/**
 * Asks the source for a little of everything that looks and polls read, so that each consent is tried: users, groups
 * and service principals, the application, and what one of those who are assigned is assigned to and member of.
 *
 * @returns what refuses us; undefined when nothing does
 * @throws whatever else keeps a read from its end: then nobody knows
 */
export async function probeSource(
  source: Omit<SourceAccess, 'policy'>,
): Promise<SourceUnavailable | undefined> {
  const { state, directory, applicationObjectId } = source;
  try {
    await readApplication(source);
    for (const kind of principalKind.options) await directory.startDelta(kind);
    const someone =
      (await state.assignments.any('user')) ?? (await state.assignments.any('servicePrincipal'));
    if (someone !== undefined) await directory.listOwnAssignments(someone, applicationObjectId);
    const group = await state.assignments.any('group');
    if (group !== undefined) await directory.checkMemberGroups(someone ?? group, [group.id]);
    return undefined;
  } catch (error) {
    if (error instanceof SourceUnavailable) return error;
    throw error;
  }
}
