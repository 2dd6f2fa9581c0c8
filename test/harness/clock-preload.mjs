// The test clock of one process: `Date` runs `offset` milliseconds ahead of the real one, timers stay real.
//
// Loaded with `--import` into every process of a test, so that it is in place before any library can keep a copy of
// `Date` or `Date.now`. The offset is the first eight bytes (float64, little endian) of the file that
// TEST_CLOCK_FILE names, read at every look at the clock: all processes see one step at one moment.
import { closeSync, openSync, readSync } from 'node:fs';

const INSTALLED = Symbol.for('test-clock');

/**
 * Shifts this thread's `Date` by the offset in `file`.
 * Returns the way back. A second call for the same file shares the first one; another file is refused.
 */
export function installClock(file) {
  const present = globalThis[INSTALLED];
  if (present !== undefined) {
    if (present.file !== file) throw new Error('another test clock is installed in this process');
    return present.uninstall;
  }

  const fd = openSync(file, 'r');
  const bytes = Buffer.alloc(8);
  const offset = () => (readSync(fd, bytes, 0, 8, 0) === 8 ? bytes.readDoubleLE(0) : 0);

  const Real = globalThis.Date;
  const realNow = Real.now;
  const now = () => Math.trunc(realNow() + offset());

  function ShiftedDate(...args) {
    if (new.target === undefined) return new Real(now()).toString();
    return Reflect.construct(Real, args.length === 0 ? [now()] : args, new.target);
  }
  for (const key of Reflect.ownKeys(Real)) {
    if (key === 'now') continue;
    Object.defineProperty(ShiftedDate, key, Object.getOwnPropertyDescriptor(Real, key));
  }
  Object.defineProperty(ShiftedDate, 'name', { value: 'Date', configurable: true });
  const nowProperty = { value: now, writable: true, enumerable: false, configurable: true };
  Object.defineProperty(ShiftedDate, 'now', nowProperty);
  // Code that kept the constructor itself reads the shifted clock too, as far as it calls `now`.
  Object.defineProperty(Real, 'now', nowProperty);
  Real.prototype.constructor = ShiftedDate;
  globalThis.Date = ShiftedDate;

  const uninstall = () => {
    if (globalThis[INSTALLED] === undefined) return;
    delete globalThis[INSTALLED];
    Object.defineProperty(Real, 'now', { ...nowProperty, value: realNow });
    Real.prototype.constructor = Real;
    if (globalThis.Date === ShiftedDate) globalThis.Date = Real;
    closeSync(fd);
  };
  Object.defineProperty(globalThis, INSTALLED, { value: { file, uninstall }, configurable: true });
  return uninstall;
}

if (process.env.TEST_CLOCK_FILE) installClock(process.env.TEST_CLOCK_FILE);
