import { expect, test } from 'vitest';
import { failed } from '../../../src/io/forge/github/deliveries.ts';

const told = (id: number, guid: string, status_code: number) => ({
  id,
  guid,
  status_code,
  delivered_at: '2026-11-23T10:00:00Z',
});

test('a lost delivery is requested again by its newest attempt, the oldest delivery first', () => {
  expect(failed([told(5, 'c', 503), told(4, 'a', 504), told(3, 'b', 202), told(2, 'b', 0), told(1, 'a', 0)])).toEqual([
    4, 5,
  ]);
});

test('a delivery that arrived at the second attempt, or failed too often, is skipped', () => {
  expect(failed([told(2, 'a', 200), told(1, 'a', 500)])).toEqual([]);
  expect(failed(Array.from({ length: 5 }, (_, index) => told(5 - index, 'a', 400)))).toEqual([]);
});
