import { type GraphCall, NO_CONTENT, ok } from './call.ts';
import { notFound } from './errors.ts';
import { page } from './paging.ts';
import { odataType, render, SET_OF } from './render.ts';
import { type Route, route } from './router.ts';
import { selectOf } from './select.ts';
import type { StoredObject } from './types.ts';

const CASTS = {
  'microsoft.graph.user': 'user',
  'microsoft.graph.group': 'group',
  'microsoft.graph.serviceprincipal': 'servicePrincipal',
} as const;

/** The recycle bin. */
export const deletedRoutes: readonly Route[] = [
  route('GET', '/directory/deletedItems/:', (call, idOrCast) => {
    const kind = CASTS[idOrCast.toLowerCase() as keyof typeof CASTS];
    if (kind) {
      const select = selectOf(call, [kind]);
      const binned = call.view.list(kind, true).filter(o => !call.faults.hides('deleted', o));
      return page(call, binned, SET_OF[kind], o => render(o, select));
    }
    const object = call.view.object(idOrCast);
    if (!object?.deletedDateTime || call.faults.hides('deleted', object)) throw notFound(idOrCast);
    return ok({
      '@odata.context': `${call.origin}/${call.version}/$metadata#directoryObjects/$entity`,
      ...render(object, selectOf(call, ['user', 'group', 'servicePrincipal'], 'one'), true),
    });
  }),
  route('POST', '/directory/deletedItems/:/restore', (call, id) => {
    binned(call, id);
    const restored = call.store.restore(id);
    return ok({ '@odata.type': odataType(restored.kind), ...render(restored, undefined) });
  }),
  route('DELETE', '/directory/deletedItems/:', (call, id) => {
    binned(call, id);
    call.store.purge(id);
    return NO_CONTENT;
  }),
];

function binned(call: GraphCall, id: string): StoredObject {
  const object = call.store.truth.object(id);
  if (!object?.deletedDateTime) throw notFound(id);
  return object;
}
