const LEFT_OUT = /^left out: /;

/**
 * Prints what was left out for lack of vector packs, and the one line a build server counts: `N passed, N failed`,
 * `, N skipped` where some were.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const titles = results.testResults.flatMap(({ testResults }) => testResults.map(({ title }) => title));
    const leftOut = [...new Set(titles.filter((title) => LEFT_OUT.test(title)))].sort();
    for (const title of leftOut) process.stdout.write(`${title}\n`);
    if (leftOut.length > 0) process.stdout.write('`pnpm vectors` fetches the official packs\n');
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed${tail}\n`);
  }
}
