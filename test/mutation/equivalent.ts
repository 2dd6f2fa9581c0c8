import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Equivalent } from './verdict.ts';

const schema = z.array(
  z.strictObject({
    file: z.string(),
    line: z.string(),
    from: z.string(),
    to: z.string(),
    reason: z.string().min(20),
  }),
);

/** The mutants that are known to change nothing, from `equivalent.json`. @throws when it is not what it should be */
export function readEquivalents(): Equivalent[] {
  return schema.parse(JSON.parse(readFileSync(new URL('./equivalent.json', import.meta.url), 'utf8')));
}
