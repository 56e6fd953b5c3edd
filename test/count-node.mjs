// A node:test reporter that writes {passed, failed, skipped} as JSON. Counts only tests without subtests: node itself also
// counts their parents, and a file that holds no test at all.
export default async function* count(events) {
  const counts = {passed: 0, failed: 0, skipped: 0};
  const withChildren = new Set();
  for await (const {type, data} of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const file = data.file ?? '';
    const isParent = withChildren.delete(`${file}:${data.nesting}`) || data.details?.type === 'suite';
    if (data.nesting > 0) withChildren.add(`${file}:${data.nesting - 1}`);
    const isFile = data.nesting === 0 && !isParent && data.name.endsWith('.ts');
    if (data.skip !== undefined || data.todo !== undefined) counts.skipped++;
    else if (type === 'test:fail') {
      // A parent that fails only because of its subtests is not one more failure.
      if (data.details?.error?.failureType !== 'subtestsFailed') counts.failed++;
    } else if (!isParent && !isFile) counts.passed++;
  }
  yield JSON.stringify(counts);
}
