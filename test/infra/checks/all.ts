import type { Infra } from '../model/infra.ts';
import { alertProblems } from './alerts.ts';
import { hardeningProblems, networkProblems, secretProblems } from './hardening.ts';
import { languageProblems, parameterProblems } from './language.ts';
import { apiVersionProblems, roleProblems } from './pinned.ts';
import { appProblems, hostProblems, queueProblems, storageProblems } from './queue.ts';
import { flexProblems, referenceProblems, settingProblems } from './settings.ts';

/** Each holds one thing in the templates against the code, or against a list, and says what does not fit. */
export const checks = {
  language: languageProblems,
  parameters: parameterProblems,
  'api versions': apiVersionProblems,
  roles: roleProblems,
  hardening: hardeningProblems,
  secrets: secretProblems,
  network: networkProblems,
  settings: settingProblems,
  'flex consumption': flexProblems,
  'vault references': referenceProblems,
  queue: queueProblems,
  storage: storageProblems,
  app: appProblems,
  host: hostProblems,
  alerts: alertProblems,
} satisfies Record<string, (infra: Infra) => string[]>;

export type CheckName = keyof typeof checks;
