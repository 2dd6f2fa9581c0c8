import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { DeltaMerge, kindOfLink, kindOfType } from '../../src/directory/delta-merge.ts';
import { Absent, CursorLost, NotANotification, SourceUnavailable } from '../../src/directory/errors.ts';
import { failureOf, isQuickRetry } from '../../src/directory/graph-failures.ts';
import * as schemas from '../../src/directory/graph-schemas.ts';
import { parseNotifications } from '../../src/directory/notifications.ts';
import type { DeltaChange } from '../../src/directory/types.ts';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { retryAfterMs } from '../../src/identity/retry-after.ts';

/** Documented and captured bodies of Microsoft Graph. Not part of this repository: see the notice below. */
const folder = new URL('../../../shared/graph-samples/', import.meta.url);

interface Sample {
  request: { url?: string | null; body?: unknown } | null;
  response: { status: number | null; headers?: Record<string, string>; body?: unknown } | null;
}
type Expectation = (sample: Sample) => void;
type Class = new (...args: never[]) => Error;

/** A collection whose items all parse; `count` of them. */
const list =
  (schema: z.ZodType, count: number): Expectation =>
  ({ response }) => {
    const { value } = schemas.page.parse(response?.body);
    expect(value.map(item => schema.safeParse(item).success)).toEqual(Array(count).fill(true));
  };

/** A collection that parses as one, with items that are refused. */
const refusedList =
  (schema: z.ZodType): Expectation =>
  ({ response }) => {
    const { value } = schemas.page.parse(response?.body);
    expect(value.some(item => schema.safeParse(item).success)).toBe(false);
  };

const object =
  (schema: z.ZodType, shown: object): Expectation =>
  ({ response }) =>
    expect(schema.parse(response?.body)).toMatchObject(shown);

const refusedObject =
  (schema: z.ZodType): Expectation =>
  ({ response }) =>
    expect(schema.safeParse(response?.body).success).toBe(false);

const delta =
  (kind: 'user' | 'group', check: (changes: DeltaChange[]) => void): Expectation =>
  ({ request, response }) => {
    expect(kindOfLink(request?.url ?? '')).toBe(kind);
    const page = schemas.page.parse(response?.body);
    expect(kindOfLink(page['@odata.nextLink'] ?? page['@odata.deltaLink'] ?? '')).toBe(kind);
    const merge = new DeltaMerge(kind);
    for (const item of page.value) merge.add(schemas.deltaItem.parse(item));
    check(merge.changes());
  };
const deltaOf = (kind: 'user' | 'group', ...ids: string[]) =>
  delta(kind, changes => expect(changes.map(c => c.id.slice(0, 8))).toEqual(ids));

/** The answer becomes this error; `assumed` is the status where the source does not state one. */
const fails =
  (type: Class, { assumed, onDelta = false }: { assumed?: number; onDelta?: boolean } = {}): Expectation =>
  ({ response }) => {
    const headers = new Headers(response?.headers);
    const reply = {
      status: response?.status ?? assumed ?? 0,
      body: response?.body,
      header: (n: string) => headers.get(n),
    };
    const failure = failureOf('reading', reply, Date.now(), onDelta);
    expect(failure).toBeInstanceOf(type);
    const { message } = schemas.errorBody.parse(response?.body).error;
    if (message) expect(failure.message).not.toContain(message);
  };

const throttled =
  (afterMs: number | undefined): Expectation =>
  sample => {
    fails(RetryLater)(sample);
    expect(isQuickRetry(sample.response?.status ?? 0)).toBe(true);
    expect(retryAfterMs(new Headers(sample.response?.headers).get('Retry-After'), Date.now())).toBe(afterMs);
  };

const notifies =
  (...items: object[]): Expectation =>
  ({ request }) =>
    expect(parseNotifications(request?.body).items).toMatchObject(items);

/** Bodies that nothing here reads; `_why` says why. They are no notifications either. */
const unread =
  (_why: string): Expectation =>
  ({ request, response }) => {
    expect(() => parseNotifications(request?.body)).toThrow(NotANotification);
    expect(() => parseNotifications(response?.body)).toThrow(NotANotification);
  };

const both =
  (...expectations: Expectation[]): Expectation =>
  sample => {
    for (const expectation of expectations) expectation(sample);
  };

const noId = refusedList(schemas.deltaItem);
const group = (id: string) => ({ kind: 'group', id });

const expectations: Record<string, Expectation> = {
  'administrativeunit.members-devices.json': both(list(schemas.directoryObject, 2), ({ response }) => {
    const { value } = schemas.page.parse(response?.body);
    expect(value.map(v => kindOfType(schemas.directoryObject.parse(v)['@odata.type']))).toEqual([
      'other',
      'other',
    ]);
  }),
  'administrativeunits-delta.mixed-members.json': ({ response }) =>
    expect(kindOfLink(schemas.page.parse(response?.body)['@odata.nextLink'] ?? '')).toBeUndefined(),
  'batch.depends-on.json': unread('a request in a form that we never send'),
  'batch.mixed-status.json': ({ response }) => {
    const { responses } = schemas.batchAnswer.parse(response?.body);
    expect(responses.map(r => r.status)).toEqual([200, 403, 403, 405, 200]);
    const failed = responses.filter(r => r.status !== 200).map(r => ({ ...r, header: () => null }));
    const types = failed.map(r => failureOf('reading', r as never, 0).name);
    expect(types).toEqual(['SourceUnavailable', 'SourceUnavailable', 'Permanent']);
  },
  'deleteditems.groups-count.json': list(schemas.deletedObject, 2),
  'deleteditems.groups-list.json': list(schemas.deletedObject, 1),
  'delta-error.410-resync-required.json': fails(CursorLost, { onDelta: true }),
  'delta-error.410-sync-state-not-found.json': fails(CursorLost, { onDelta: true }),
  'delta-error.sync-state-not-found.json': both(
    ...[400, 404, 410].map(assumed => fails(CursorLost, { assumed, onDelta: true })),
    fails(Permanent, { assumed: 400 }),
  ),
  'directoryobject.check-member-groups.json': ({ response }) =>
    expect(schemas.checkMemberGroups.parse(response?.body).value).toHaveLength(4),
  'directoryobject.get-by-ids.json': list(schemas.directoryObject, 2),
  'directoryobject.get-member-objects.json': unread(
    'we ask checkMemberGroups, which tells groups from roles',
  ),
  'directoryobjects-delta.mixed.json': ({ response }) =>
    expect(kindOfLink(schemas.page.parse(response?.body)['@odata.nextLink'] ?? '')).toBeUndefined(),
  'error.400-count-needs-consistency-level.json': fails(Permanent, { assumed: 400 }),
  'error.400-request-bad-request.json': fails(Permanent),
  'error.401-access-token-empty.json': fails(SourceUnavailable),
  'error.401-token-parse-failed.json': fails(SourceUnavailable, { assumed: 401 }),
  'error.403-authorization-request-denied.json': fails(SourceUnavailable),
  'error.404-application-not-found.json': fails(Absent),
  'error.404-user-not-found.json': fails(Absent),
  'error.429-directory-category.json': throttled(undefined),
  'error.429-throttled.decimal-retry-after.json': throttled(2128),
  'error.429-throttled.json': throttled(10_000),
  'error.503-unknown-error.json': throttled(undefined),
  'error.504-unknown-error.json': throttled(undefined),
  'error.service-not-available.json': fails(RetryLater, { assumed: 503 }),
  'error.shape.json': fails(Permanent, { assumed: 400 }),
  // Answers of a user or group read without our $select lack what we decide by.
  'group.get-select.json': refusedObject(schemas.group),
  'group.get.json': object(schemas.group, {
    displayName: 'HR Taskforce',
    visibility: 'Private',
    securityEnabled: false,
  }),
  'group.members-list.json': refusedList(schemas.directoryObject),
  'group.transitive-members.cast-group.json': refusedList(schemas.directoryObject),
  'group.transitive-members.cast-user-search.json': refusedList(schemas.directoryObject),
  'group.transitive-members.count.json': refusedObject(schemas.page),
  'group.transitive-members.json': list(schemas.directoryObject, 1),
  'groups-delta.default-properties.json': noId,
  'groups-delta.initial-page.members.json': delta('group', changes => {
    expect(changes.map(c => c.addedMembers.map(m => m.kind))).toEqual([['user', 'user'], []]);
  }),
  'groups-delta.large-group.page-1.json': delta('group', largeGroup),
  'groups-delta.large-group.page-2.json': delta('group', largeGroup),
  'groups-delta.last-page.json': deltaOf('group', 'bed7f0d4', '421e797f'),
  'groups-delta.members-changed.json': delta('group', largeGroup),
  'groups-delta.next-page.members.json': deltaOf('group', '2e5807ce', '421e797f'),
  'groups-delta.no-changes.json': deltaOf('group'),
  'groups-delta.return-minimal.json': noId,
  'groups-delta.select.json': noId,
  'notification.group-deleted.cloudevent.json': notifies({
    principal: group('<group-id>'),
    changeType: 'deleted',
  }),
  'notification.group-members-delta.json': notifies({
    principal: group('0bc7d487-fd6f-41a0-8362-71ec81074f11'),
  }),
  'notification.group-updated.cloudevent.json': notifies({
    principal: group('<group-id>'),
    changeType: 'updated',
  }),
  'notification.lifecycle.missed.json': notifies({
    lifecycleEvent: 'missed',
    clientState: '<secretClientState>',
  }),
  'notification.lifecycle.reauthorization-required.json': notifies({
    lifecycleEvent: 'reauthorizationRequired',
  }),
  'notification.lifecycle.subscription-removed.json': notifies({ lifecycleEvent: 'subscriptionRemoved' }),
  'notification.message-created.json': both(
    notifies({ subscriptionId: '{subscription_guid}', clientState: 'secretClientValue' }),
    ({ request }) => expect(parseNotifications(request?.body).items[0]).not.toHaveProperty('principal'),
  ),
  'notification.user-deleted.cloudevent.json': notifies({ principal: { kind: 'user', id: '<user-id>' } }),
  'notification.user-updated.cloudevent.json': notifies({
    principal: { kind: 'user', id: '<user-id>' },
    subscriptionId: '<microsoft-graph-subscription-id>',
    tenantId: '<tenant-id>',
    clientState: '<guid>',
  }),
  'notification.validation-handshake.json': unread('answered from the query, before any body is parsed'),
  'provisioning-log.failure.json': unread('the log of the service that we replace'),
  'provisioning-log.success.json': unread('the log of the service that we replace'),
  'serviceprincipal.approleassignedto-list.json': list(schemas.appRoleAssignment, 1),
  'serviceprincipal.approleassignment-create.json': object(schemas.appRoleAssignment, {
    principalType: 'Group',
  }),
  'serviceprincipal.get-select-approles.json': both(
    object(schemas.enterpriseApplication, {
      appId: '00000003-0000-0000-c000-000000000000',
      appRoles: [{ id: '6e0a958b-b7fc-4348-b7c4-a6ab9fd3dd0e', value: 'EduAssignments.ReadBasic.All' }],
    }),
    refusedObject(schemas.servicePrincipal),
  ),
  'serviceprincipal.get.json': both(
    object(schemas.servicePrincipal, {
      appId: 'appId-value',
      accountEnabled: true,
      servicePrincipalType: null,
      properties: { appDisplayName: 'My app' },
    }),
    object(schemas.enterpriseApplication, { appId: 'appId-value', appRoles: [] }),
  ),
  'serviceprincipal.instantiate-approles.json': refusedObject(schemas.enterpriseApplication),
  'serviceprincipals-delta.initial-page.json': both(noId, ({ request }) =>
    expect(kindOfLink(request?.url ?? '')).toBe('servicePrincipal'),
  ),
  'subscription.create.groups.json': unread('a request; ours is tested against the local directory'),
  'subscription.create.json': object(schemas.subscription, {
    id: '7f105c7d-2dc5-4530-97cd-4e7ae6534c07',
    lifecycleNotificationUrl: null,
    expiresAt: Date.parse('2016-11-20T18:23:45.935Z'),
  }),
  'subscription.create.lifecycle-url.json': unread('a request; ours is tested against the local directory'),
  'subscription.create.users.json': unread('a request; ours is tested against the local directory'),
  'subscription.delete.json': unread('no body'),
  'subscription.list.json': list(schemas.subscription, 1),
  'subscription.reauthorize.json': unread('no body'),
  'subscription.renew.json': object(schemas.subscription, { resource: 'me/messages' }),
  'synchronization-job.create.json': unread('a job of the service that we replace'),
  'synchronization-job.paused-with-quarantine.json': unread('a job of the service that we replace'),
  'synchronization-job.quarantine-box.json': unread('a job of the service that we replace'),
  'synchronization-job.quarantine-scim.json': unread('a job of the service that we replace'),
  'synchronization-job.start.json': unread('no body'),
  // accountEnabled is not among the default properties: an answer without it must not read as "disabled".
  'user.get.json': refusedObject(schemas.user),
  'user.get-expand-manager-chain.json': refusedObject(schemas.user),
  'user.get-select-custom-security-attributes.json': refusedObject(schemas.user),
  'user.get-select.json': refusedObject(schemas.user),
  'user.manager.json': refusedObject(schemas.user),
  'user.transitive-member-of.cast-group-search.json': refusedList(schemas.directoryObject),
  'user.transitive-member-of.json': refusedList(schemas.directoryObject),
  'users-delta.default-properties.json': deltaOf('user', 'id-value'),
  'users-delta.error-400.json': fails(Permanent, { onDelta: true }),
  'users-delta.initial-page.json': delta('user', changes => {
    expect(changes.map(c => c.removed)).toEqual([undefined, undefined, 'deleted', undefined]);
  }),
  'users-delta.last-page.json': deltaOf('user', '25dcffff', 'f6ede700'),
  'users-delta.next-page.json': delta('user', changes => expect(changes.length).toBeGreaterThan(0)),
  'users-delta.no-changes.json': deltaOf('user'),
  'users-delta.removed.json': delta('user', changes => {
    expect(changes.map(c => c.removed)).toEqual([undefined, 'changed']);
  }),
  'users-delta.return-minimal.json': noId,
  'users-delta.select.json': noId,
  'users-list.error-501-not-implemented.json': fails(RetryLater),
};

/** One group with one member removed and another added; the removed id is one digit short, as documented. */
function largeGroup(changes: DeltaChange[]): void {
  expect(changes).toHaveLength(1);
  expect(changes[0]?.addedMembers).toHaveLength(1);
  expect(changes[0]?.removedMembers).toHaveLength(1);
}

const present = existsSync(folder);
if (!present) console.info('Skipped: the documented Microsoft Graph bodies are not on this machine.');

describe.skipIf(!present)('documented bodies of Microsoft Graph', () => {
  const files = present ? readdirSync(folder).filter(file => file.endsWith('.json')) : [];

  test('each file has an expectation, and each expectation a file', () => {
    expect(new Set(files)).toEqual(new Set(Object.keys(expectations)));
  });

  test.for(files)('%s', file => {
    expectations[file]?.(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Sample);
  });
});
