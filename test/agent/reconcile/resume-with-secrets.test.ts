// How often a commit that waits for secrets is applied again when the replay itself is refused.

import { expect, test } from 'vitest';
import { mayAskFrom } from '../../../src/agent/reconcile/resume-with-secrets.ts';
import type { RunId } from '../../../src/model/ids.ts';

const COMMIT = 'a'.repeat(40);
const MINUTE = 60_000;
const BLOCKED = { id: '9' as RunId, commit: COMMIT };
const at = (minute: number) => Date.parse('2026-01-02T03:00:00Z') + minute * MINUTE;
const attempt = (id: number, minute: number, over: object = {}) => ({
  ...{ id: String(id) as RunId, commit: COMMIT, trigger: 'replay' as const, by: 'phoenix', readOnly: false },
  ...{ created: new Date(at(minute)).toISOString(), ...over },
});

test('it is applied at once the first time, whatever else ran', () => {
  const others = [
    attempt(8, 0),
    attempt(10, 0, { by: 'ada' }),
    attempt(11, 0, { trigger: 'drift' }),
    attempt(12, 0, { commit: 'b'.repeat(40) }),
    attempt(13, 0, { readOnly: true }),
  ];
  expect(mayAskFrom(BLOCKED, others)).toBe(Number.NEGATIVE_INFINITY);
});

test('each refused replay doubles the delay, and after five only a person asks', () => {
  const refused = [attempt(10, 0), attempt(11, 1), attempt(12, 3), attempt(13, 7), attempt(14, 15)];
  const next = refused.map((_, count) => mayAskFrom(BLOCKED, refused.slice(0, count + 1).toReversed()));
  expect(next).toEqual([at(1), at(3), at(7), at(15), Number.POSITIVE_INFINITY]);
});

test('a run that took the place of another begins to count anew', () => {
  expect(mayAskFrom({ ...BLOCKED, id: '14' as RunId }, [attempt(10, 0), attempt(11, 1)])).toBe(
    Number.NEGATIVE_INFINITY,
  );
});
