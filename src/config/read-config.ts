import { readFileSync } from 'node:fs';
import { defaultConfig, type ProvisioningConfig, parseProvisioningConfig } from './provisioning-config.ts';
import { refused } from './refused-setting.ts';

/** Looked for in the folder of the app. */
const DEFAULT_FILE = 'provisioning.config.json';

/** App settings that say the same as a part of the configuration file. */
export interface ConfigSettings {
  readonly ENTRA_TENANT_ID: string | undefined;
  readonly ENTRA_APPLICATION_OBJECT_ID: string | undefined;
  readonly DATABRICKS_ACCOUNT_ID: string | undefined;
  readonly RECONCILE_MINUTES: number | undefined;
  readonly SETTLE_WINDOW_MS: number | undefined;
  readonly READ_HIDDEN_MEMBERSHIP: boolean | undefined;
  readonly PROTECTED_OBJECT_IDS: readonly string[];
}

/**
 * The provisioning configuration: the file, or without one the defaults with the ids of the app settings. A setting
 * that contradicts the file is refused: nobody should have to know which of the two wins.
 *
 * @param file `PROVISIONING_CONFIG_FILE`; undefined: `provisioning.config.json`, if there is one; `none`: no file
 * @throws {ConfigurationError}
 */
export function readConfig(file: string | undefined, settings: ConfigSettings): ProvisioningConfig {
  const text = file === 'none' ? undefined : readText(file);
  if (text === undefined) return fromSettings(settings);
  const config = parseProvisioningConfig(text, file ?? DEFAULT_FILE);
  const { source, schedule } = config;
  const inFile = {
    ENTRA_TENANT_ID: source.tenantId,
    ENTRA_APPLICATION_OBJECT_ID: source.applicationObjectId,
    DATABRICKS_ACCOUNT_ID: accountOf(config),
    RECONCILE_MINUTES: schedule.reconcileMinutes,
    SETTLE_WINDOW_MS: schedule.settleWindowMs,
    READ_HIDDEN_MEMBERSHIP: source.readHiddenMembership,
  } as const;
  for (const name of Object.keys(inFile) as (keyof typeof inFile)[]) {
    const setting = settings[name];
    if (setting !== undefined && String(setting).toLowerCase() !== String(inFile[name]))
      throw refused(name, `says something else than ${file ?? DEFAULT_FILE}, leave it out`);
  }
  return protecting(config, settings);
}

/** The account that the file names; a setting that names one is refused where there is none, or are several. */
function accountOf({ targets }: ProvisioningConfig): string {
  const accounts = targets.flatMap(({ place }) => ('accountId' in place ? [place.accountId] : []));
  return accounts.length === 1 ? (accounts[0] ?? '') : '';
}

function fromSettings(settings: ConfigSettings): ProvisioningConfig {
  const needed = (
    name: 'ENTRA_TENANT_ID' | 'ENTRA_APPLICATION_OBJECT_ID' | 'DATABRICKS_ACCOUNT_ID',
  ): string => {
    const value = settings[name];
    if (value === undefined) throw refused(name, 'is missing');
    return value.toLowerCase();
  };
  const config = defaultConfig({
    tenantId: needed('ENTRA_TENANT_ID'),
    applicationObjectId: needed('ENTRA_APPLICATION_OBJECT_ID'),
    accountId: needed('DATABRICKS_ACCOUNT_ID'),
  });
  const { source, schedule } = config;
  return protecting(
    {
      ...config,
      source: { ...source, readHiddenMembership: settings.READ_HIDDEN_MEMBERSHIP ?? false },
      schedule: {
        reconcileMinutes: settings.RECONCILE_MINUTES ?? schedule.reconcileMinutes,
        settleWindowMs: settings.SETTLE_WINDOW_MS ?? schedule.settleWindowMs,
      },
    },
    settings,
  );
}

/** Protection only adds up: whoever either of the two names is left alone. */
function protecting(
  config: ProvisioningConfig,
  { PROTECTED_OBJECT_IDS }: ConfigSettings,
): ProvisioningConfig {
  const objectIds = [...new Set([...config.protected.objectIds, ...PROTECTED_OBJECT_IDS])];
  return { ...config, protected: { ...config.protected, objectIds } };
}

function readText(file: string | undefined): string | undefined {
  try {
    return readFileSync(file ?? DEFAULT_FILE, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && file === undefined) return undefined;
    throw refused(
      'PROVISIONING_CONFIG_FILE',
      isMissing ? 'names a file that is not there' : 'names a file that cannot be read',
    );
  }
}
