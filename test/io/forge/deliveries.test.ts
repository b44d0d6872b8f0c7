// Which deliveries of a webhook are requested again, and since when the webhook fails, by the forge's record of attempts.

import { expect, test } from 'vitest';
import { type Attempt, summaryOf } from '../../../src/io/forge/deliveries.ts';

const lost = (told: readonly Attempt[]) => summaryOf(told).lost;
const failing = (told: readonly Attempt[]) => summaryOf(told).failing;
const told = (id: number, guid: string, status_code: number) => ({
  id,
  guid,
  status_code,
  status: `Invalid HTTP Response: ${status_code}`,
  delivered_at: `2026-11-23T10:00:0${id}Z`,
});

test('a lost delivery is requested again by its newest attempt, the oldest delivery first', () => {
  expect(lost([told(5, 'c', 503), told(4, 'a', 504), told(3, 'b', 202), told(2, 'b', 0), told(1, 'a', 0)])).toEqual([
    4, 5,
  ]);
});

test('a delivery that arrived at the second attempt, or failed too often, is skipped', () => {
  expect(lost([told(2, 'a', 200), told(1, 'a', 500)])).toEqual([]);
  expect(lost(Array.from({ length: 5 }, (_, index) => told(5 - index, 'a', 400)))).toEqual([]);
});

test('deliveries fail since the first attempt after the last that arrived', () => {
  expect(failing([])).toBeNull();
  expect(failing([told(3, 'c', 202), told(2, 'b', 401)])).toBeNull();
  expect(failing([told(4, 'd', 401), told(3, 'c', 502), told(2, 'b', 202), told(1, 'a', 500)])).toEqual({
    since: '2026-11-23T10:00:03Z',
    code: 401,
    status: 'Invalid HTTP Response: 401',
  });
});
