import { z } from 'zod';
import { mayCarryTokens } from '../identity/service-url.ts';
import { choice, flag, guid, section, text } from './provisioning-config-fields.ts';
import { mappingRules } from './provisioning-config-rules.ts';
import { scope } from './provisioning-config-scope.ts';

const GUID = '"8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10"';
const ACCOUNT_EXAMPLE = `{ "accountId": ${GUID} }`;
const WORKSPACE_URL = 'https://adb-1234567890123456.7.azuredatabricks.net';

/** An address without a path, over https; http on this machine alone. */
function address(description: string, example: string): z.ZodString {
  const allowed = `an https address without a path, such as ${example}`;
  return z
    .string(allowed)
    .refine(value => {
      const url = URL.parse(value);
      return (
        url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && mayCarryTokens(url)
      );
    }, allowed)
    .meta({ description, examples: [example] });
}

const ASSIGNMENT_EXAMPLE = `{ "objectId": ${GUID}, "permission": "USER" }`;
const WORKSPACE_EXAMPLE = `{ "workspaceId": "1234567890123456", "assignments": [ ${ASSIGNMENT_EXAMPLE} ] }`;

function workspaceId(description: string) {
  return z
    .string('a text of digits')
    .regex(/^[0-9]{1,20}$/, 'a text of digits')
    .describe(description)
    .meta({ examples: ['1234567890123456'] });
}

const SETTING = 'the name of an app setting: letters, digits and _';

const signIn = section(
  {
    method: choice(['entra', 'token', 'oauth']).describe(
      "entra: the app's own Entra identity. token: an account's SCIM token, or a workspace's personal access token. oauth: a service principal of Databricks, with its client secret.",
    ),
    setting: z
      .string(SETTING)
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,127}$/, SETTING)
      .optional()
      .describe(
        'The app setting that holds the token or client secret. The same name with _PREVIOUS holds the version before it, while both are valid.',
      )
      .meta({ examples: ['DATABRICKS_SCIM_TOKEN'] }),
    keyVaultSecret: z
      .string('the address of a secret in Key Vault')
      .regex(
        /^https?:\/\/[^/\s?#]+\/secrets\/[A-Za-z0-9-]{1,127}$/,
        'the address of a secret in Key Vault, without a version, such as https://my-vault.vault.azure.net/secrets/scim-token',
      )
      .optional()
      .describe(
        'Instead of a setting: the address of the secret in Key Vault. Its two newest versions are used.',
      )
      .meta({ examples: ['https://my-vault.vault.azure.net/secrets/scim-token'] }),
    clientId: text('oauth: the client id of the service principal.').optional(),
    workspaceResourceId: text(
      'entra: the Azure resource id of a workspace that the identity has not been added to.',
    ).optional(),
  },
  '{ "method": "token", "keyVaultSecret": "https://my-vault.vault.azure.net/secrets/scim-token" }',
);

function rate(what: string) {
  const allowed = 'a number above 0 and up to 1000';
  return z
    .number(allowed)
    .positive(allowed)
    .max(1_000, allowed)
    .optional()
    .describe(`${what} per second. Left out: what Databricks publishes.`);
}

const requestsPerSecond = section(
  {
    get: rate('Reads of one resource'),
    list: rate('List requests'),
    write: rate('POST, PUT and DELETE requests'),
    patch: rate('PATCH requests'),
  },
  '{ "patch": 1 }',
);

const workspace = section(
  {
    workspaceId: workspaceId('The id of the workspace: the digits after adb- in its address.'),
    assignments: z
      .array(
        section(
          {
            objectId: guid('The object id in Entra ID of a group, a user or a service principal.'),
            permission: choice(['USER', 'ADMIN']).describe(
              'USER may work in the workspace; ADMIN may administer it, and only object ids in adminAllowList may.',
            ),
          },
          ASSIGNMENT_EXAMPLE,
        ),
        `a list of assignments, such as [ ${ASSIGNMENT_EXAMPLE} ]`,
      )
      .describe('Who is assigned. What is taken off this list is taken back, unless somebody else gave it.'),
    assert: flag(
      'Whether somebody listed as USER whom another administrator made ADMIN becomes USER again. Left out: stays ADMIN.',
    ).optional(),
  },
  WORKSPACE_EXAMPLE,
);

const target = section(
  {
    kind: choice(['account', 'workspace', 'workspaceProxy'])
      .default('account')
      .describe(
        'account: the Databricks account. workspace: a workspace without identity federation, over its own SCIM API. workspaceProxy: the account, reached through one of its workspaces.',
      ),
    accountId: guid(
      'The Databricks account id, shown in the account console. Needed with the kinds account and workspaceProxy.',
    ).optional(),
    workspaceUrl: address(
      'The address of the workspace. Needed with the kinds workspace and workspaceProxy.',
      WORKSPACE_URL,
    ).optional(),
    workspaceId: workspaceId(
      'The id of the workspace. Left out: the digits after adb- in its address.',
    ).optional(),
    apiVersion: choice(['2.1', '2.0'])
      .optional()
      .describe('Of the account API. 2.1 is what SCIM tokens are for. Left out: 2.1.'),
    signIn: signIn
      .optional()
      .describe(
        'How to sign in. Left out: with the token in DATABRICKS_SCIM_TOKEN at an account, where that is set; otherwise with the Entra identity of the app.',
      ),
    accountSignIn: signIn
      .optional()
      .describe(
        'How to sign in to what the account offers beside SCIM. Needed for workspaces where signIn is a SCIM token, or by way of a workspace. Left out: as signIn says.',
      ),
    workspaces: z
      .array(workspace, `a list of workspaces, such as [ ${WORKSPACE_EXAMPLE} ]`)
      .optional()
      .describe('Workspaces with identity federation, and who of the account may work in them.'),
    requestsPerSecond: requestsPerSecond
      .optional()
      .describe('What the target allows, where that is not what Databricks publishes.'),
    planFirst: flag(
      'Whether nothing but revocations is written until a person has approved the plan of the first audit, whatever that finds. false: only where a name would have to be taken over. What has been compared already goes on.',
    ).default(false),
    scope: overridable(scope.unwrap())
      .optional()
      .describe('Who is provisioned here: what is said replaces what the general scope says.'),
    mappings: mappingRules
      .unwrap()
      .optional()
      .describe('Attribute mappings here: those of a kind replace the general ones of that kind.'),
  },
  ACCOUNT_EXAMPLE,
);

export type TargetForm = z.output<typeof target>;

/** Targets in one deployment: each has an owner, a backlog and an audit of its own. */
const MOST_TARGETS = 50;

const LIST = `a list of 1 to ${MOST_TARGETS} targets, such as [ ${ACCOUNT_EXAMPLE} ]`;

export const targets = z
  .array(target, LIST)
  .min(1, LIST)
  .max(MOST_TARGETS, LIST)
  .describe('What is provisioned: Databricks accounts, and workspaces without identity federation.');

type Overridable<S extends z.ZodRawShape> = {
  [K in keyof S]: z.ZodOptional<S[K] extends z.ZodDefault<infer T> | z.ZodPrefault<infer T> ? T : S[K]>;
};

/** The same object with nothing filled in: what is left out is said elsewhere. */
function overridable<S extends z.ZodRawShape>(form: z.ZodObject<S, z.core.$strict>) {
  const shape = Object.fromEntries(
    Object.entries(form.shape).map(([key, field]) => [key, withoutDefault(field as z.ZodType)]),
  ) as Overridable<S>;
  return z.strictObject(shape, 'an object, such as { "include": [] }');
}

function withoutDefault(field: z.ZodType): z.ZodType {
  if (!(field instanceof z.ZodDefault || field instanceof z.ZodPrefault)) return field;
  const inner = field.unwrap() as z.ZodType;
  const bare =
    inner instanceof z.ZodObject ? overridable(inner as z.ZodObject<z.ZodRawShape, z.core.$strict>) : inner;
  return bare.optional().describe(field.description ?? inner.description ?? '');
}
