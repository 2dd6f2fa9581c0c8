// Stands in for vitest where a copy of the planner's own tests is loaded: it collects the tests instead of running them.
// Asked each time, since every copy is loaded by a host of its own.
const host = () => globalThis[Symbol.for('planner-own-tests')];

export const { expect } = host();

export function describe(name, define) {
  host().within(name, define);
}

export function test(name, run) {
  host().add(name, run);
}

test.each = rows => (name, run) => {
  for (const row of rows) host().add(name, () => run(...(Array.isArray(row) ? row : [row])));
};
describe.each = rows => (name, define) => {
  for (const row of rows) host().within(name, () => define(...(Array.isArray(row) ? row : [row])));
};
