// Targets are ordered by dependency for graphs of any size, and every cycle is found.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetId } from '../../../src/model/ids.ts';
import { cycles } from '../../../src/plan/order/cycles.ts';
import { order } from '../../../src/plan/order/order.ts';
import { targets } from '../targets.ts';

const needs = (graph: Record<string, readonly string[]>) =>
  new Map(Object.entries(graph)) as unknown as ReadonlyMap<TargetId, readonly TargetId[]>;

describe('order', () => {
  test('places each target after what it needs, in a later wave', () => {
    fc.assert(
      fc.property(targets, (made) => {
        const graph = new Map([...made].map(([id, one]) => [id, one.needs]));
        const result = order(graph);
        if (result.kind !== 'order') throw new Error('no order');
        expect([...result.targets].sort()).toEqual([...made.keys()].sort());
        for (const [id, its] of graph) {
          for (const need of its) {
            expect(result.targets.indexOf(need)).toBeLessThan(result.targets.indexOf(id));
            expect(result.wave.get(need)).toBeLessThan(result.wave.get(id) ?? 0);
          }
        }
      }),
    );
  });

  test('sorts numbers by value, not by digits', () => {
    const result = order(needs({ 'vm/9': [], 'lxc/1000': [], 'lxc/101': [] }));
    expect(result).toMatchObject({ targets: ['lxc/101', 'lxc/1000', 'vm/9'] });
  });

  test('ignores a dependency that does not exist or is named twice', () => {
    expect(order(needs({ a: ['b', 'b', 'c'], b: [] }))).toMatchObject({ targets: ['b', 'a'] });
  });

  test('returns the cycle when there is no order', () => {
    expect(order(needs({ a: ['b'], b: ['c'], c: ['b'], d: [] }))).toEqual({ kind: 'cycle', cycle: ['b', 'c'] });
  });

  test('orders a chain of 10,000 targets without exhausting the stack', () => {
    const chain = needs(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`lxc/${n}`, [`lxc/${n + 1}`]])));
    const result = order(chain);
    expect(result.kind === 'order' && result.wave.get('lxc/0' as TargetId)).toBe(10_000);
    expect(cycles(chain)).toEqual([]);
  });
});

describe('cycles', () => {
  test('finds every cycle, each beginning with its first target', () => {
    expect(cycles(needs({ z: ['y'], y: ['z'], c: ['a'], a: ['b', 'z'], b: ['c'], s: ['s'], free: ['a'] }))).toEqual([
      ['a', 'b', 'c'],
      ['s'],
      ['y', 'z'],
    ]);
  });

  test('finds a cycle of 10,000 targets', () => {
    const ring = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [`lxc/${n}`, [`lxc/${(n + 1) % 10_000}`]]),
    );
    expect(cycles(needs(ring))[0]).toHaveLength(10_000);
  });

  test('finds no cycle exactly when there is an order', () => {
    const graph = fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 2 }), { maxLength: 6 });
    fc.assert(
      fc.property(graph, (edges) => {
        const made = needs(Object.fromEntries(edges.map((its, n) => [`lxc/${n}`, its.map((need) => `lxc/${need}`)])));
        expect(cycles(made).length === 0).toBe(order(made).kind === 'order');
        for (const ring of cycles(made)) {
          for (const [index, id] of ring.entries()) {
            expect(made.get(id)).toContain(ring[(index + 1) % ring.length]);
          }
        }
      }),
    );
  });
});
