// The differing fields that a check records: bounded, without secrets, and including whether a guest runs that should.

import { expect, test } from 'vitest';
import { pointerTo } from '../../../src/agent/apply/difference-places.ts';
import { differencesOf } from '../../../src/agent/apply/differences.ts';
import type { Manager, Wanted } from '../../../src/managers/manager.ts';
import type { Json } from '../../../src/model/json.ts';
import type { FieldDifference } from '../../../src/model/run.ts';
import { HIDDEN } from '../../../src/model/secret-shapes.ts';

const WANTED = { target: 'lxc/101', spec: {} } as Wanted;

function told(fields: readonly FieldDifference[], power?: object) {
  const manager = { differences: () => fields, ...(power === undefined ? {} : { power }) };
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

test('many fields and long values are cut, with a note that they were', () => {
  const shown = told(
    Array.from({ length: 60 }, (_, index) => field(`field_${index}`, 'x'.repeat(2_000), [...'y'.repeat(2_000)])),
  );
  expect(shown).toHaveLength(41);
  expect(shown?.at(-1)?.field).toBe('and 20 more');
  const values = (shown ?? []).slice(0, -1).flatMap(({ declared, observed }) => [declared, observed]);
  expect(values.map((value) => String(value).length)).toEqual(values.map(() => 300));
});

test('a guest that should run and does not differs in that', () => {
  const power = (running: string, role = 'runs') => ({ role: () => role, running: () => running });
  expect(told([], power('stopped'))).toEqual([{ ...field('on the host', 'running', 'stopped'), at: [] }]);
  expect([told([], power('running')), told([], power('stopped', 'free')), told([], power('absent'))]).toEqual([
    [],
    [],
    [],
  ]);
});

test('a text is shown by the lines that differ, without secrets', () => {
  const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  const many = Array.from({ length: 60 }, (_, index) => `line ${index}`);
  const [changed, added, long] =
    told([
      field('/etc/hosts', text(['a', 'b', 'token=hunter2hunter2', 'd']), text(['a', 'x', 'token=hunter3hunter3', 'd'])),
      field('/etc/exports', text(['a', 'b']), null),
      field('/etc/long', text(many), text(['other'])),
    ]) ?? [];
  expect(changed?.lines?.slice(0, 2)).toEqual([' a', '-b']);
  expect(changed?.lines).toContain('+x');
  expect(JSON.stringify(changed)).not.toContain('hunter');
  expect(added?.lines).toEqual(['-a', '-b']);
  expect(long?.lines).toHaveLength(31);
  expect(long?.lines?.at(-1)).toBe('and 31 more lines');
});

test('a field is found in the file by its keys, and an element of a list by what identifies it', () => {
  const file = {
    network: { bridges: [{ name: 'vmbr1' }, { name: 'vmbr/2', mtu: 9000 }], interfaces: {} },
    guests: { 101: { memory_mb: 512 } },
  };
  const bridge = { name: 'vmbr/2', is: { name: 'vmbr/2' } };
  const found = (...way: Parameters<typeof pointerTo>[2]) => pointerTo(file, { path: '' }, way);
  expect(found('network', 'bridges', bridge, 'mtu')).toBe('/network/bridges/1/mtu');
  // What the file does not say leads to the nearest place that it has.
  expect(found('network', 'bridges', bridge, 'address')).toBe('/network/bridges/1');
  expect(found('network', 'bridges', { name: 'vmbr9', is: { name: 'vmbr9' } })).toBe('/network/bridges');
  expect(found('network', 'bridges', 1, 'mtu')).toBe('/network/bridges/1/mtu');
  expect([found('/etc/hosts'), found()]).toEqual([null, null]);
  expect(pointerTo(file, { path: '/guests/101' }, ['memory_mb'])).toBe('/guests/101/memory_mb');
});
