// Suggestions for misspelt names: the intended name for a likely slip, and none where nothing is similar.

import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';

const KNOWN = ['memory_mb', 'cores', 'name', 'firewall', 'boot_order', 'boot_delay'];

test.each([
  ['memroy_mb', 'memory_mb'],
  ['core', 'cores'],
  ['nmae', 'name'],
  ['Firewall', 'firewall'],
  ['boot_ordr', 'boot_order'],
  ['memory', 'memory_mb'],
  ['cores_per_socket', 'cores'],
])('%s is meant as %s', (written, meant) => {
  expect(nearest(written, KNOWN)).toBe(meant);
});

test('a name that resembles nothing gets no suggestion', () => {
  expect(nearest('colour', KNOWN)).toBeNull();
  expect(nearest('x', KNOWN)).toBeNull();
  expect(nearest('memorial', KNOWN)).toBeNull();
  expect(nearest('', KNOWN)).toBeNull();
});
