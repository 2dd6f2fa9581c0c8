import { expect, test } from 'vitest';
import { checks } from './checks/all.ts';
import { Infra, readFiles } from './model/infra.ts';

const infra = new Infra(readFiles());

test.for(Object.entries(checks))('%s', ([, problems]) => {
  expect(problems(infra)).toEqual([]);
});
