import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseProvisioningConfig } from '../../src/config/provisioning-config.ts';
import type { ConfigPart } from './world-types.ts';

/** A configuration file of its own for one test, with the ids of its local cloud. */
export function createConfigFile(settings: Readonly<Record<string, string>>): {
  readonly path: string;
  write(config: ConfigPart): void;
  /** Ids of the targets in what was written last. */
  targets(): string[];
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'provisioning-config-'));
  const path = join(folder, 'provisioning.config.json');
  return {
    path,
    write: config => {
      const source = {
        tenantId: settings.ENTRA_TENANT_ID,
        applicationObjectId: settings.ENTRA_APPLICATION_OBJECT_ID,
        readHiddenMembership: settings.READ_HIDDEN_MEMBERSHIP === 'true',
      };
      const targets = [{ accountId: settings.DATABRICKS_ACCOUNT_ID }];
      writeFileSync(path, JSON.stringify({ source, targets, ...config }));
    },
    targets: () => parseProvisioningConfig(readFileSync(path, 'utf8'), path).targets.map(({ id }) => id),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
