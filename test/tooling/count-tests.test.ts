import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/count-tests.mjs', import.meta.url));

describe('the line that counts the tests', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'count-tests-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function count(report: unknown): Promise<string> {
    const file = join(folder, 'report.json');
    await writeFile(file, JSON.stringify(report));
    return new Promise(resolve => execFile(process.execPath, [script, file], (_, stdout) => resolve(stdout)));
  }

  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map(test => ({ status: test })),
  });

  it('counts the tests that passed and failed', async () => {
    const testResults = [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed', 'skipped')];
    expect(await count({ success: false, numPassedTests: 3, numFailedTests: 1, testResults })).toBe(
      '3 passed, 1 failed\n',
    );
  });

  it('counts a file that failed outside its tests', async () => {
    const testResults = [file('failed', 'passed'), file('failed')];
    expect(await count({ success: false, numPassedTests: 1, numFailedTests: 0, testResults })).toBe(
      '1 passed, 2 failed\n',
    );
  });

  it('never says "0 failed" of a run that failed or left no report', async () => {
    const report = {
      success: false,
      numPassedTests: 1,
      numFailedTests: 0,
      testResults: [file('passed', 'passed')],
    };
    expect(await count(report)).toBe('1 passed, 1 failed\n');
    expect(await count('')).toBe('0 passed, 1 failed\n');
  });
});
