import { z } from 'zod';
import { mayCarryTokens } from '../identity/service-url.ts';
import { isServiceBusConnection, isStorageConnection } from './connection-strings.ts';
import type { ProvisioningConfig } from './provisioning-config.ts';
import { GUID } from './provisioning-config-fields.ts';
import { readConfig } from './read-config.ts';
import { refused } from './refused-setting.ts';
import type { SettingName } from './setting-texts.ts';
import { refuseWithoutAccountSignIn, secretVersions, targetSecrets } from './target-secrets.ts';
import { refuseUnresolvedReferences } from './unresolved-references.ts';

const guid = z.string().regex(GUID);
const optionalText = z.string().min(1).optional();
const rate = z.coerce.number().positive().max(1_000).optional();

const serviceUrl = z.string().refine(text => {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return false;
  return mayCarryTokens(url);
});

const schema = z.object({
  PROVISIONING_CONFIG_FILE: optionalText,
  ENTRA_TENANT_ID: guid.optional(),
  ENTRA_APPLICATION_OBJECT_ID: guid.optional(),
  DATABRICKS_ACCOUNT_ID: guid.optional(),
  DATABRICKS_HOST: serviceUrl.refine(text => URL.parse(text)?.pathname === '/').optional(),
  DATABRICKS_SCIM_TOKEN: optionalText,
  DATABRICKS_SCIM_TOKEN_PREVIOUS: optionalText,
  DATABRICKS_GET_PER_SECOND: rate,
  DATABRICKS_LIST_PER_SECOND: rate,
  DATABRICKS_WRITE_PER_SECOND: rate,
  DATABRICKS_PATCH_PER_SECOND: rate,
  GRAPH_URL: serviceUrl.optional(),
  NOTIFICATION_URL: serviceUrl.optional(),
  NOTIFICATION_CLIENT_STATE: z.string().min(16).max(128).optional(),
  NOTIFICATION_CLIENT_STATE_PREVIOUS: z.string().min(16).max(128).optional(),
  NOTIFICATION_SILENCE_MINUTES: z.coerce.number().int().min(10).max(1_440).default(60),
  RECONCILE_MINUTES: z.coerce.number().int().min(20).max(40).optional(),
  REPLAYS_PER_SECOND: z.coerce.number().min(0.1).max(50).default(5),
  SETTLE_WINDOW_MS: z.coerce.number().int().min(500).max(60_000).optional(),
  READ_HIDDEN_MEMBERSHIP: z.enum(['true', 'false']).optional(),
  PROTECTED_OBJECT_IDS: z.string().default(''),
  ServiceBusConnection: z.string().refine(isServiceBusConnection).optional(),
  ServiceBusConnection__fullyQualifiedNamespace: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i)
    .optional(),
  AzureWebJobsStorage: z.string().refine(isStorageConnection).optional(),
  AzureWebJobsStorage__accountName: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/)
    .optional(),
  AzureWebJobsStorage__tableServiceUri: serviceUrl.optional(),
  AzureWebJobsStorage__blobServiceUri: serviceUrl.optional(),
  FUNCTIONS_WORKER_PROCESS_COUNT: z.literal('1').optional(),
  AZURE_LOG_LEVEL: z.enum(['error', 'warning', 'info']).optional(),
} satisfies Record<SettingName, z.ZodType>);

/** Requests per second, per request class. */
export interface Rates {
  readonly get: number;
  readonly list: number;
  readonly write: number;
  readonly patch: number;
}

export interface Settings {
  /** Who is provisioned, and how. */
  readonly config: ProvisioningConfig;
  /** Undefined: that of the cloud. */
  readonly graphUrl: string | undefined;
  readonly databricks: {
    /** Of the account console; undefined: that of the cloud. */
    readonly host: string | undefined;
    /** Versions of the account's SCIM token, the newest first. */
    readonly scimTokens: readonly string[];
    /** For accounts whose own rates the configuration does not say. */
    readonly rates: Partial<Rates>;
  };
  /** Versions of the secrets that targets name by the setting that holds them, the newest first. */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  readonly notifications:
    | {
        readonly url: string;
        /** Versions of the secret that client states are signed with, the newest first. */
        readonly secrets: readonly string[];
        /** For how long polls may find changes that nobody notified us of. */
        readonly silenceMs: number;
      }
    | undefined;
  /** Most dead letters that a replay sends again in a second. */
  readonly replaysPerSecond: number;
  readonly serviceBus: { readonly connectionString: string } | { readonly namespace: string };
  readonly storage:
    | { readonly connectionString: string }
    | { readonly tableUri: string; readonly blobUri: string };
}

/**
 * Reads the app settings, and the configuration file that they point to.
 * @throws {ConfigurationError} for the first setting that is missing or malformed; the message names it, says what it
 * should hold and gives an example. The value itself is never repeated: it may be a secret.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  refuseUnresolvedReferences(given);
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]) as SettingName;
    throw refused(name, given[name] === undefined ? 'is missing' : 'is malformed');
  }
  const s = parsed.data;
  const config = readConfig(s.PROVISIONING_CONFIG_FILE, {
    ENTRA_TENANT_ID: s.ENTRA_TENANT_ID,
    ENTRA_APPLICATION_OBJECT_ID: s.ENTRA_APPLICATION_OBJECT_ID,
    DATABRICKS_ACCOUNT_ID: s.DATABRICKS_ACCOUNT_ID,
    RECONCILE_MINUTES: s.RECONCILE_MINUTES,
    SETTLE_WINDOW_MS: s.SETTLE_WINDOW_MS,
    READ_HIDDEN_MEMBERSHIP:
      s.READ_HIDDEN_MEMBERSHIP === undefined ? undefined : s.READ_HIDDEN_MEMBERSHIP === 'true',
    PROTECTED_OBJECT_IDS: objectIds(s.PROTECTED_OBJECT_IDS),
  });
  refuseWithoutAccountSignIn(config, given);
  return {
    config,
    graphUrl: s.GRAPH_URL,
    databricks: {
      host: s.DATABRICKS_HOST,
      scimTokens: secretVersions(given, 'DATABRICKS_SCIM_TOKEN'),
      rates: {
        get: s.DATABRICKS_GET_PER_SECOND,
        list: s.DATABRICKS_LIST_PER_SECOND,
        write: s.DATABRICKS_WRITE_PER_SECOND,
        patch: s.DATABRICKS_PATCH_PER_SECOND,
      },
    },
    secrets: targetSecrets(config, given),
    notifications: notifications(s, given),
    replaysPerSecond: s.REPLAYS_PER_SECOND,
    serviceBus: serviceBus(s),
    storage: storage(s),
  };
}

function notifications(
  s: z.infer<typeof schema>,
  given: Readonly<Record<string, string | undefined>>,
): Settings['notifications'] {
  if (s.NOTIFICATION_URL === undefined) return undefined;
  if (s.NOTIFICATION_CLIENT_STATE === undefined)
    throw refused('NOTIFICATION_CLIENT_STATE', 'is missing, and NOTIFICATION_URL needs it');
  return {
    url: s.NOTIFICATION_URL,
    secrets: secretVersions(given, 'NOTIFICATION_CLIENT_STATE'),
    silenceMs: s.NOTIFICATION_SILENCE_MINUTES * 60_000,
  };
}

function objectIds(list: string): string[] {
  const ids = list
    .split(',')
    .map(id => id.trim().toLowerCase())
    .filter(id => id !== '');
  if (ids.some(id => !guid.safeParse(id).success)) throw refused('PROTECTED_OBJECT_IDS', 'is malformed');
  return ids;
}

function serviceBus(s: z.infer<typeof schema>): Settings['serviceBus'] {
  if (s.ServiceBusConnection !== undefined) return { connectionString: s.ServiceBusConnection };
  if (s.ServiceBusConnection__fullyQualifiedNamespace === undefined)
    throw refused('ServiceBusConnection', 'is missing');
  return { namespace: s.ServiceBusConnection__fullyQualifiedNamespace };
}

function storage(s: z.infer<typeof schema>): Settings['storage'] {
  if (s.AzureWebJobsStorage !== undefined) return { connectionString: s.AzureWebJobsStorage };
  const account = s.AzureWebJobsStorage__accountName;
  const tableUri =
    s.AzureWebJobsStorage__tableServiceUri ?? (account && `https://${account}.table.core.windows.net`);
  const blobUri =
    s.AzureWebJobsStorage__blobServiceUri ?? (account && `https://${account}.blob.core.windows.net`);
  if (tableUri === undefined || blobUri === undefined) throw refused('AzureWebJobsStorage', 'is missing');
  return { tableUri, blobUri };
}
