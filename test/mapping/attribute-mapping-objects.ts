import type { PrincipalKind } from '../../src/identity/principal.ts';
import type { SourceReader } from '../../src/identity/source-values.ts';
import { compileMapping, MappingError, type MappingRule } from '../../src/mapping/attribute-mapping.ts';
import { sourceReader } from '../../src/mapping/source-attributes.ts';

/** What Graph shows of a user who lacks nothing. */
const zoe = {
  id: '3f0c0a3e-1111-4222-8333-444455556666',
  userPrincipalName: 'zoe@contoso.com',
  displayName: 'Zoë Brien',
  givenName: 'Zoë',
  surname: 'Brien',
  mail: 'zoe@contoso.com',
  mailNickname: 'zoe',
  department: 'Data',
  jobTitle: null,
  employeeId: null,
  businessPhones: [],
  proxyAddresses: ['SMTP:zoe@contoso.com', 'smtp:z@contoso.com'],
  accountEnabled: true,
  onPremisesExtensionAttributes: { extensionAttribute1: 'CC-7' },
};
const team = { id: 'c1a7e1de-1111-4222-8333-444455556666', displayName: 'Team', description: null };
const robot = {
  id: 'b0b0b0b0-1111-4222-8333-444455556666',
  appId: 'aaaabbbb-1111-4222-8333-444455556666',
  displayName: 'Robot',
};

export const objects = { user: zoe, group: team, servicePrincipal: robot } as const;

/** Reads one of them, with some properties changed. */
export function objectOf(
  kind: PrincipalKind,
  changed: Readonly<Record<string, unknown>> = {},
  computed: { isSoftDeleted?: boolean; appRoles?: readonly string[] } = {},
): SourceReader {
  return sourceReader(
    kind,
    { ...objects[kind], ...changed },
    { isSoftDeleted: false, appRoles: [], ...computed },
  );
}

/** The least rules of each kind. */
export const names: Record<PrincipalKind, MappingRule[]> = {
  user: [{ target: 'userName', source: 'userPrincipalName' }],
  group: [{ target: 'displayName', source: 'displayName' }],
  servicePrincipal: [],
};

/** Why these rules are refused. */
export function refusalOf(kind: PrincipalKind, ...rules: MappingRule[]): MappingError {
  try {
    compileMapping(kind, rules);
  } catch (error) {
    if (error instanceof MappingError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
