import { randomUUID } from 'node:crypto';
import SCIMMY from 'scimmy';

export type Stored = Record<string, unknown> & { id: string };

/** In-memory handlers: keys and uniqueness are ours, everything about SCIM is scimmy's. */
export function handlers(store: Map<string, Stored>, unique: string) {
  const known = (id: string): Stored => {
    const found = store.get(id);
    if (!found) throw new SCIMMY.Types.Error(404, null as never, `Resource ${id} not found`);
    return found;
  };
  return {
    ingress(resource: { id?: string }, instance: Record<string, unknown>) {
      if (resource.id !== undefined) known(resource.id);
      const id = resource.id ?? randomUUID();
      const taken = [...store.values()].some(other => other.id !== id && other[unique] === instance[unique]);
      if (taken) throw new SCIMMY.Types.Error(409, 'uniqueness', `${unique} is taken`);
      const stored = { ...JSON.parse(JSON.stringify(instance)), id };
      store.set(id, stored);
      return stored;
    },
    egress(resource: { id?: string; filter?: { match(all: Stored[]): Stored[] } }) {
      if (resource.id !== undefined) return known(resource.id);
      return resource.filter ? resource.filter.match([...store.values()]) : [...store.values()];
    },
    degress(resource: { id: string }) {
      known(resource.id);
      store.delete(resource.id);
    },
  };
}
