import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the host takes from host.json; all durations in milliseconds. */
export interface HostSettings {
  logLevels: Record<string, string>;
  routePrefix: string;
  /** Longest run of one function. `Infinity` when unbounded. */
  functionTimeoutMs: number;
  serviceBus: {
    autoCompleteMessages: boolean;
    maxConcurrentCalls: number;
    maxAutoLockRenewalMs: number;
    prefetchCount: number;
  };
}

interface HostJson {
  version?: string;
  functionTimeout?: string;
  logging?: { logLevel?: Record<string, string> };
  extensions?: {
    http?: { routePrefix?: string };
    serviceBus?: {
      autoCompleteMessages?: boolean;
      maxConcurrentCalls?: number;
      maxAutoLockRenewalDuration?: string;
      prefetchCount?: number;
    };
  };
}

/**
 * Reads host.json. Defaults are those of the host and of the Service Bus extension 5.x.
 *
 * @throws when the file is missing, is no JSON or has a value of the wrong shape.
 */
export function readHostJson(appRoot: string): HostSettings {
  const file = join(appRoot, 'host.json');
  const json = JSON.parse(readFileSync(file, 'utf8')) as HostJson;
  if (json.version !== '2.0') throw new Error(`${file}: version must be "2.0"`);
  const serviceBus = json.extensions?.serviceBus ?? {};
  return {
    logLevels: json.logging?.logLevel ?? {},
    routePrefix: json.extensions?.http?.routePrefix ?? 'api',
    functionTimeoutMs: duration('functionTimeout', json.functionTimeout ?? '00:30:00'),
    serviceBus: {
      autoCompleteMessages: serviceBus.autoCompleteMessages ?? true,
      // 16 for each core in the cloud; an instance of Flex Consumption with 2 GB has one.
      maxConcurrentCalls: positive('maxConcurrentCalls', serviceBus.maxConcurrentCalls ?? 16),
      maxAutoLockRenewalMs: duration(
        'maxAutoLockRenewalDuration',
        serviceBus.maxAutoLockRenewalDuration ?? '00:05:00',
      ),
      prefetchCount: serviceBus.prefetchCount ?? 0,
    },
  };
}

function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) throw new Error(`host.json: ${name} must be a positive integer`);
  return value;
}

/** A .NET time span, `[d.]hh:mm:ss[.fff]`; `-1` means unbounded. */
function duration(name: string, text: string): number {
  if (text === '-1') return Number.POSITIVE_INFINITY;
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/.exec(text);
  if (!match) throw new Error(`host.json: ${name} must be a time span such as "00:05:00", not "${text}"`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '0'] = match;
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Number(`0.${fraction}`) * 1000;
}
