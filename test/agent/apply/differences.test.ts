// The differing fields that a check records: bounded, without secrets, and including whether a guest runs that should.

import { expect, test } from 'vitest';
import { differencesOf } from '../../../src/agent/apply/differences.ts';
import type { Manager, Wanted } from '../../../src/managers/manager.ts';
import type { Json } from '../../../src/model/json.ts';
import type { FieldDifference } from '../../../src/model/run.ts';
import { HIDDEN } from '../../../src/model/secret-shapes.ts';

const WANTED = { target: 'lxc/101', spec: {} } as Wanted;

function told(fields: readonly FieldDifference[] | undefined, power?: object) {
  const manager = {
    ...(fields === undefined ? {} : { differences: () => fields }),
    ...(power === undefined ? {} : { power }),
  };
  return differencesOf(manager as unknown as Manager, WANTED, null);
}

const field = (name: string, declared: Json, observed: Json) => ({ field: name, declared, observed });

test('a secret is hidden by its field, by its reference and by its shape, on either side', () => {
  const shown = told([
    field('admin_password', 'hunter2', 'hunter3'),
    field('token', { $secret: 'env:TOKEN' }, 'hunter2'),
    field('args', 'https://ada:hunter2@example.internal/', 'DB_PASSWORD=hunter3'),
    field('memory_mb', 512, 2048),
  ]);
  expect(JSON.stringify(shown)).not.toContain('hunter');
  expect(shown?.[0]).toEqual(field('admin_password', HIDDEN, HIDDEN));
  expect(shown?.[3]).toEqual(field('memory_mb', 512, 2048));
});

test('many fields and long values are cut, and it says so', () => {
  const shown = told(
    Array.from({ length: 60 }, (_, index) => field(`field_${index}`, 'x'.repeat(2_000), [...'y'.repeat(2_000)])),
  );
  expect(shown).toHaveLength(41);
  expect(shown?.at(-1)?.field).toBe('and 20 more');
  const values = (shown ?? []).slice(0, -1).flatMap(({ declared, observed }) => [declared, observed]);
  expect(values.map((value) => String(value).length)).toEqual(values.map(() => 300));
});

test('a guest that should run and does not differs in that; what is not compared has nothing', () => {
  const power = (running: string, role = 'runs') => ({ role: () => role, running: () => running });
  expect(told([], power('stopped'))).toEqual([field('on the host', 'running', 'stopped')]);
  expect([told([], power('running')), told([], power('stopped', 'free')), told([], power('absent'))]).toEqual([
    [],
    [],
    [],
  ]);
  expect([told(undefined), told(undefined, power('running'))]).toEqual([undefined, undefined]);
});
