import { type ProvisioningConfig, parseProvisioningConfig } from '../../src/config/provisioning-config.ts';

export const TENANT = '8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10';
export const APPLICATION = '5e0d2f6b-0c9a-4b7e-8f43-91c8f7d6a2b1';
export const ACCOUNT = 'c7a4e1d8-3b52-49f6-a0de-6b8f2c5d7e94';
export const SOMEBODY = 'd1f2a3b4-0000-4000-8000-00000000000a';

const SOURCE = `"source": { "tenantId": "${TENANT}", "applicationObjectId": "${APPLICATION}" }`;
const TARGETS = `"targets": [{ "accountId": "${ACCOUNT}" }]`;

export const minimal = `{\n  ${SOURCE},\n  ${TARGETS}\n}`;

/** A file with source, targets and more; that starts in line 4, column 3. */
export function file(more: string): string {
  return `{\n  ${SOURCE},\n  ${TARGETS},\n  ${more}\n}`;
}

export function parse(text: string): ProvisioningConfig {
  return parseProvisioningConfig(text, 'provisioning.config.json');
}
