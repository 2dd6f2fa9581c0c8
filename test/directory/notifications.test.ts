import { describe, expect, test } from 'vitest';
import { NotANotification } from '../../src/directory/errors.ts';
import { parseNotifications } from '../../src/directory/notifications.ts';

const item = (more: object = {}) => ({
  subscriptionId: 's',
  clientState: 'c',
  tenantId: 't',
  changeType: 'updated',
  ...more,
});
const principals = (...items: object[]) => parseNotifications({ value: items }).items.map(i => i.principal);

describe('parseNotifications', () => {
  test('several items of several kinds in one body', () => {
    const { items } = parseNotifications({
      value: [
        item({ resource: 'Users/u1', resourceData: { id: 'u1', '@odata.type': '#Microsoft.Graph.User' } }),
        item({ resource: 'groups/g1', changeType: 'deleted' }),
        { subscriptionId: 's', clientState: 'c', lifecycleEvent: 'reauthorizationRequired' },
      ],
    });
    expect(items).toEqual([
      {
        subscriptionId: 's',
        clientState: 'c',
        tenantId: 't',
        changeType: 'updated',
        principal: { kind: 'user', id: 'u1' },
      },
      {
        subscriptionId: 's',
        clientState: 'c',
        tenantId: 't',
        changeType: 'deleted',
        principal: { kind: 'group', id: 'g1' },
      },
      { subscriptionId: 's', clientState: 'c', lifecycleEvent: 'reauthorizationRequired' },
    ]);
  });

  test('the spelling of the resource does not matter', () => {
    expect(principals(item({ resource: '/USERS/u1' }), item({ resource: "users('u1')" }))).toEqual([
      { kind: 'user', id: 'u1' },
      { kind: 'user', id: 'u1' },
    ]);
    const byType = item({
      resource: 'x',
      resourceData: { '@odata.type': '#microsoft.graph.group', id: 'g1' },
    });
    expect(principals(byType)).toEqual([{ kind: 'group', id: 'g1' }]);
  });

  test('a change of a relation is a change of the object', () => {
    expect(principals(item({ resource: 'Groups/g1/members' }))).toEqual([{ kind: 'group', id: 'g1' }]);
  });

  test('what is about something else has no principal', () => {
    expect(
      principals(
        item({
          resource: 'Users/u1/Messages/m1',
          resourceData: { '@odata.type': '#Microsoft.Graph.Message', id: 'm1' },
        }),
        item({ resource: 'Users/u1', resourceData: { '@odata.type': '#Microsoft.Graph.Message', id: 'm1' } }),
        item({ resource: 'Users/..%2f?#' }),
        item({}),
      ),
    ).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('a body that is no notification is refused', () => {
    for (const body of [
      undefined,
      null,
      '',
      'x',
      1,
      [],
      {},
      { value: 1 },
      { value: [{}] },
      { value: [null] },
      [{ data: {} }],
    ]) {
      expect(() => parseNotifications(body)).toThrow(NotANotification);
    }
    expect(parseNotifications({ value: [] })).toEqual({ items: [] });
  });

  test('odd values of fields that are not needed do not refuse the rest', () => {
    const odd = {
      subscriptionId: 's',
      clientState: 7,
      tenantId: {},
      resource: 'Users/u1',
      resourceData: 'x',
    };
    expect(parseNotifications({ value: [odd] }).items).toEqual([
      { subscriptionId: 's', principal: { kind: 'user', id: 'u1' } },
    ]);
  });
});
