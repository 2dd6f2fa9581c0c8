import { beforeEach } from 'vitest';
import { createTestClock, type TestClock } from './test-clock.ts';

/** Sets a stage before each test of the calling file, at a clock that the test moves, and clears it afterwards. */
export function onTestClock(setStage: (clock: TestClock) => Promise<{ close(): Promise<void> }>): void {
  beforeEach(async ({ onTestFinished }) => {
    const clock = createTestClock();
    clock.install();
    onTestFinished(() => clock.dispose());
    const stage = await setStage(clock);
    onTestFinished(() => stage.close());
  });
}
