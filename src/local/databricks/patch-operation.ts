import { isRecord, objectBody } from './attribute-values.ts';
import { failedPatch, invalid, Refusal } from './refusal.ts';
import type { ResourceType } from './types.ts';

/** One change to one attribute: what every accepted form of a PATCH operation comes down to. */
export interface Change {
  op: 'add' | 'remove' | 'replace';
  attribute: string;
  /** From `attribute[value eq "x"]`. */
  element?: string;
  /** From `attribute.sub`. */
  sub?: string;
  value: unknown;
}

/** Structural rules and texts as in WSO2 Charon's PatchOperationUtil, which Databricks shares texts with: inferred. */
export function parsePatch(rawBody: unknown, type: ResourceType): Change[] {
  const body = objectBody(rawBody);
  const schemas: unknown = body.schemas;
  if (!Array.isArray(schemas) || !schemas.includes('urn:ietf:params:scim:api:messages:2.0:PatchOp')) {
    throw invalid('invalidSyntax', 'schemas must name the PatchOp message');
  }
  const operations: unknown = body.Operations;
  if (!Array.isArray(operations) || operations.length === 0) {
    throw invalid('invalidSyntax', 'Operations must be an array that is not empty');
  }
  return operations.flatMap(operation => parseOperation(operation, type));
}

function parseOperation(operation: unknown, type: ResourceType): Change[] {
  if (!isRecord(operation)) throw invalid('invalidSyntax', 'an operation must be an object');
  const { path, value } = operation;
  const op = opOf(operation.op);
  if (path === undefined || path === null || path === '') {
    if (op === 'remove') throw invalid('noTarget', 'No path value specified for remove operation');
    if (!isRecord(value)) throw invalid('invalidSyntax', 'value must be an object when there is no path');
    return Object.entries(value).map(([attribute, inner]) => ({ op, attribute, value: inner }));
  }
  if (typeof path !== 'string') throw invalid('invalidPath', 'path must be a string');
  // databricks-sdk-java issue 279, whose filter had no quotes.
  if (op !== 'remove' && MULTIPLE.test(path)) throw failedPatch(type);
  if (op !== 'remove' && value === undefined) throw invalid('invalidValue', 'value is missing');
  return [{ op, value, ...parsePath(path) }];
}

const MULTIPLE = /^(members|roles|entitlements)\[/;

function opOf(value: unknown): Change['op'] {
  const op = typeof value === 'string' ? value.toLowerCase() : '';
  if (op === 'add' || op === 'remove' || op === 'replace') return op;
  throw invalid('invalidSyntax', 'Unknown operation');
}

function parsePath(path: string): Pick<Change, 'attribute' | 'element' | 'sub'> {
  const match = /^([A-Za-z]+)(?:\[(.*)\])?(?:\.([A-Za-z]+))?$/s.exec(path);
  const attribute = match?.[1];
  if (!match || attribute === undefined) throw invalid('invalidPath', 'Path is not valid');
  // What is immutable is ignored whatever the path: `emails[type eq "work"].value` is no error.
  const element = match[2] === undefined || attribute === 'emails' ? undefined : elementOf(match[2]);
  return { attribute, element, sub: match[3] };
}

function elementOf(filter: string): string {
  const match = /^\s*([A-Za-z]+)\s+([A-Za-z]+)\s+("(?:[^"\\]|\\.)*")\s*$/s.exec(filter);
  if (!match) throw invalid('invalidFilter', 'Filter in the path is not valid');
  if (match[2]?.toLowerCase() !== 'eq') throw new Refusal(501, 'Only Eq filter is supported');
  if (match[1] !== 'value') throw invalid('invalidFilter', 'Only value can be filtered on');
  try {
    return JSON.parse(match[3] ?? '') as string;
  } catch {
    throw invalid('invalidFilter', 'Filter in the path is not valid');
  }
}
