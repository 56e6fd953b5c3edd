// A Playwright reporter that writes {passed, failed, skipped} as JSON to the file TRUNKLINE_COUNTS names.
import {writeFileSync} from 'node:fs';
import type {FullResult, Reporter, Suite} from 'playwright/types/testReporter';

export default class CountReporter implements Reporter {
  #suite: Suite | undefined;
  #errors = 0;

  onBegin(_config: unknown, suite: Suite): void {
    this.#suite = suite;
  }

  onError(): void {
    this.#errors++;
  }

  onEnd(_result: FullResult): void {
    const outcomes = (this.#suite?.allTests() ?? []).map(test => {
      // A test that never got to run because the run was stopped is not one that was skipped on purpose.
      if (test.outcome() === 'skipped' && test.expectedStatus !== 'skipped') return 'failed';
      return test.outcome() === 'expected' ? 'passed' : test.outcome() === 'skipped' ? 'skipped' : 'failed';
    });
    const of = (outcome: string) => outcomes.filter(each => each === outcome).length;
    const file = process.env['TRUNKLINE_COUNTS'];
    if (file)
      writeFileSync(
        file,
        JSON.stringify({passed: of('passed'), failed: of('failed') + this.#errors, skipped: of('skipped')}),
      );
  }

  printsToStdio(): boolean {
    return false;
  }
}
