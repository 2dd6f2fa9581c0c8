import { readFileSync } from 'node:fs';
import { type SettingName, settingTexts } from './setting-texts.ts';

/** The settings file cannot be used. The message names the setting, what it should hold, and an example. */
class SettingsFileError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * The app settings in a file of the form that Azure Functions Core Tools use; undefined when there is no such file.
 * @throws {SettingsFileError} for a file that is not understood, and for one that mixes real services and this machine
 */
export function readSettingsFile(path: string): Record<string, string> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const values = valuesOf(path, text);
  refuseThisMachine(path, values);
  return values;
}

function valuesOf(path: string, text: string): Record<string, string> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // The parser's own message quotes the file, which may hold secrets.
    throw new SettingsFileError(`${path} is not JSON. Its form is that of local.settings.sample.json.`);
  }
  if (!isRecord(file) || !isRecord(file.Values)) {
    throw new SettingsFileError(
      `${path} has no "Values" object. Its form is that of local.settings.sample.json.`,
    );
  }
  if (file.IsEncrypted === true) {
    throw new SettingsFileError(`${path} is encrypted. Decrypt it first: func settings decrypt`);
  }
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(file.Values)) {
    if (typeof value !== 'string') throw new SettingsFileError(`${path}: ${name} must be a text in quotes.`);
    if (value !== '') values[name] = value;
  }
  return values;
}

/** Services that a real run must have for real. Half a real run would write one tenant's people into another's account. */
const services: readonly SettingName[] = [
  'GRAPH_URL',
  'DATABRICKS_HOST',
  'NOTIFICATION_URL',
  'ServiceBusConnection',
  'ServiceBusConnection__fullyQualifiedNamespace',
];
const storage: readonly SettingName[] = [
  'AzureWebJobsStorage',
  'AzureWebJobsStorage__tableServiceUri',
  'AzureWebJobsStorage__blobServiceUri',
];

function refuseThisMachine(path: string, values: Readonly<Record<string, string>>): void {
  for (const name of storage) {
    if (!isHere(values[name])) continue;
    throw refused(
      path,
      name,
      'is a storage emulator: links, tombstones and holds would be lost with it, and with them the knowledge of whose account is whose',
    );
  }
  for (const name of services) {
    if (isHere(values[name]))
      throw refused(
        path,
        name,
        'points at this machine, and the rest does not; without the file everything is local',
      );
  }
}

/** Loopback addresses, and what the SDKs call their emulators. */
function isHere(value: string | undefined): boolean {
  return (
    value !== undefined &&
    /localhost|127\.\d+\.\d+\.\d+|\[::1\]|UseDevelopment(Storage|Emulator)=true|devstoreaccount1/i.test(value)
  );
}

function refused(path: string, name: SettingName, what: string): SettingsFileError {
  const { holds, example } = settingTexts[name];
  return new SettingsFileError(
    `${path}: ${name} ${what}. It should hold ${holds}. Example: ${name}=${example}`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Takes every setting of the product out of an environment, so that what a developer has exported for another tool, or
 * for another tenant, has no part in the run. With `identity` also what the Azure SDKs would sign in with.
 */
export function clearSettings(env: NodeJS.ProcessEnv, options: { readonly identity: boolean }): void {
  for (const name of Object.keys(settingTexts)) delete env[name];
  if (!options.identity) return;
  for (const name of Object.keys(env)) if (/^(AZURE_|IDENTITY_|MSI_|IMDS_)/i.test(name)) delete env[name];
}

/** Puts the settings of the file, and no others of the product, into an environment. What was exported for signing in stays. */
export function enterSettings(env: NodeJS.ProcessEnv, values: Readonly<Record<string, string>>): void {
  clearSettings(env, { identity: false });
  Object.assign(env, values);
}
