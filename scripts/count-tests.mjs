// `node scripts/count-tests.mjs <file>`: prints "N passed, N failed" from a report of vitest's json reporter.
import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileResult */

/**
 * A file that failed outside its tests (an import, a hook, a leak found after the last test) counts as one failure, and
 * so does a run that failed without blaming any file or left no report: "0 failed" is never printed of a failed run.
 * @param {string | undefined} file
 */
function count(file) {
  try {
    const report = JSON.parse(readFileSync(file ?? '', 'utf8'));
    /** @type {FileResult[]} */
    const files = report.testResults;
    const isFailed = (/** @type {{ status: string }} */ result) => result.status === 'failed';
    const brokenFiles = files.filter(result => isFailed(result) && !result.assertionResults.some(isFailed));
    const failed = report.numFailedTests + brokenFiles.length;
    return { passed: report.numPassedTests, failed: report.success ? failed : Math.max(failed, 1) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = count(process.argv[2]);
console.log(`${passed} passed, ${failed} failed`);
