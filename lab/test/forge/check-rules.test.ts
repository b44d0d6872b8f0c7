// The lab rejects every check run that violates GitHub's API description, and accepts valid ones.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkProblems } from '../../src/forge/github/check-rules.ts';
import { requestProblems } from './github-api.ts';

const CREATE = 'POST /repos/{owner}/{repo}/check-runs';
const CHANGE = 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}';

function textOf(most: number): fc.Arbitrary<string> {
  return fc.string({ minLength: 1, maxLength: most }).filter((text) => text.trim() !== '');
}

const annotation = fc
  .tuple(fc.nat(1000), fc.nat(1000), fc.constantFrom('notice', 'warning', 'failure'), textOf(50))
  .map(([line, more, annotation_level, message]) => {
    return { path: 'etc/a.json', start_line: line + 1, end_line: line + 1 + more, annotation_level, message };
  });
const button = fc.record({ label: textOf(20), description: textOf(40), identifier: textOf(20) });
const conclusion = fc.constantFrom(
  'success',
  'failure',
  'neutral',
  'cancelled',
  'skipped',
  'timed_out',
  'action_required',
);
const wellFormed = fc.record(
  {
    name: textOf(40),
    head_sha: fc.constant('1'.repeat(40)),
    details_url: fc.webUrl(),
    external_id: fc.string(),
    conclusion,
    output: fc.record({
      title: textOf(40),
      summary: fc.string(),
      annotations: fc.array(annotation, { maxLength: 50 }),
    }),
    actions: fc.array(button, { maxLength: 3 }),
  },
  { requiredKeys: ['name', 'head_sha'] },
);

/** Every path to something inside, for example `['output', 'title']`. */
function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key], ...pathsIn(inner).map((rest) => [key, ...rest])]);
}

/** The same with another value at the path, or none. */
function replaced(value: unknown, [key = '', ...rest]: readonly string[], by: unknown): unknown {
  const inner = (value as Record<string, unknown>)[key];
  const changed = rest.length === 0 ? by : replaced(inner, rest, by);
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === key ? changed : each));
  return { ...(value as object), [key]: changed };
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(undefined, 7, 1.5, true, {}, [], 'stale', 'done', '', 'x'.repeat(21), 'x'.repeat(65_536)),
  fc.array(annotation, { minLength: 51, maxLength: 52 }),
  fc.array(button, { minLength: 4, maxLength: 5 }),
);

test('valid check runs are accepted', () => {
  fc.assert(
    fc.property(wellFormed, (request) => {
      expect(requestProblems(CREATE, request)).toBe('');
      expect(checkProblems(request, true)).toEqual([]);
      expect(checkProblems(request, false)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('what GitHub describes otherwise is refused', () => {
  fc.assert(
    fc.property(wellFormed, fc.nat(), odd, (request, place, by) => {
      const paths = pathsIn(request);
      const path = paths[place % paths.length] ?? [];
      // As it is sent, without undefined fields.
      const sent = JSON.parse(JSON.stringify(replaced(request, path, by))) as Record<string, unknown>;
      if (requestProblems(CREATE, sent) !== '') expect(checkProblems(sent, true)).not.toEqual([]);
      if (requestProblems(CHANGE, sent) !== '') expect(checkProblems(sent, false)).not.toEqual([]);
    }),
    { numRuns: 400 },
  );
});
