// Tells whoever started this process how much memory it keeps: on SIGUSR2 it collects all garbage, and writes what
// is left (bytes of the heap and outside of it, as a number) to the file that KEPT_MEMORY_FILE names.
//
// What a process occupies says little: it hangs on when V8 last found it worth while to collect.
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const file = process.env.KEPT_MEMORY_FILE;

process.on('SIGUSR2', async () => {
  // What a first collection sets free by finalizers, a second one takes.
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise(resolve => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  // Renamed into its place, so that nobody reads half of it.
  writeFileSync(`${file}.new`, String(heapUsed + external));
  renameSync(`${file}.new`, file);
});
