// The order of targets of all kinds: that of the reference environment, and that an order always exists. Every registered manager takes part.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/managers/config.ts';
import { allTargets, impactOf, KINDS } from '../../src/managers/index.ts';
import type { TargetId } from '../../src/model/ids.ts';
import { order } from '../../src/plan/order/order.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { type Files, loadFiles } from '../load/environment.ts';
import { LONG_TEST } from '../support/long.ts';
import { repositoryFiles } from '../support/repository-files.ts';
import { exampleBesideShipped } from './datacenter/example.ts';

const REFERENCE: Files = {
  ...repositoryFiles(),
  'etc/phoenix_datacenter_config.json': JSON.stringify({
    ...exampleBesideShipped(),
    pools: { prod: { vms: [101, 102] } },
  }),
};
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const CERTIFICATES = 'etc/certificate-manifest.json';

describe('the reference environment from nothing', () => {
  const loaded = loadFiles(REFERENCE);
  const targets = allTargets(loaded.config as Config);
  const planned = makePlan({ from: null, to: 'one', before: new Map(), after: targets, impact: impactOf });
  const steps = planned.kind === 'plan' ? planned.plan.steps : [];
  const at = (target: string) => steps.findIndex((step) => step.target === target);

  test('is one plan with a step for each target, each after all that it needs', () => {
    expect(loaded.problems).toEqual([]);
    expect(new Set(steps.map(({ target }) => target))).toEqual(new Set(targets.keys()));
    for (const { target, needs } of steps)
      for (const need of targets.get(target)?.needs ?? []) {
        expect(at(need), `${target} after ${need}`).toBeLessThan(at(target));
        expect(needs).toContain(need);
      }
  });

  /** Each depends on the one before it, in one way or another. */
  test.each([
    ['hypervisor/storage', 'hypervisor/nfs', 'vm/1001'],
    ['hypervisor/storage', 'lxc/900', 'lxc/103', 'hypervisor/trust', 'gateway/nginx'],
    ['hypervisor/storage', 'vm/9000', 'vm/1001', 'portainer/server', 'portainer/environment.docker-host'],
    ['lxc/900', 'lxc/102', 'lxc/101', 'gateway/nginx'],
    ['lxc/103', 'certificate/nginx.example.internal', 'gateway/nginx'],
    ['lxc/103', 'certificate/traefik.example.internal', 'gateway/traefik'],
    ['lxc/103', 'certificate/portainer.example.internal', 'portainer/server'],
    ['lxc/103', 'lxc/102', 'vm/1001'],
    ['vm/9000', 'vm/1002', 'portainer/environment.docker-host', 'stack/1002.qdrant'],
    ['vm/9000', 'vm/1002', 'portainer/environment.docker-host', 'stack/1002.website'],
  ])('%s comes before %s, %s …', (...chain) => {
    for (const target of chain) expect(targets.has(target as TargetId), target).toBe(true);
    for (const [index, later] of chain.slice(1).entries()) {
      expect(restsOn(later).has(chain[index] as string), `${later} on ${chain[index]}`).toBe(true);
    }
  });

  function restsOn(target: string, found = new Set<string>()): Set<string> {
    for (const need of targets.get(target as TargetId)?.needs ?? []) {
      if (found.has(need)) continue;
      found.add(need);
      restsOn(need, found);
    }
    return found;
  }

  test('every kind has a target in it', () => {
    const kinds = new Set(steps.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(KINDS.map(({ kind }) => kind).sort());
  });

  test('nothing lies within what comes after it', () => {
    for (const { id, within } of targets.values())
      for (const one of within ?? []) expect(at(one), `${id} within ${one}`).toBeLessThan(at(id));
  });
});

/** The reference environment with other features, dependencies, roles, issuers and places of stacks: sound or not. */
const environments = fc
  .record({
    features: fc.array(
      fc.uniqueArray(fc.constantFrom('base_setup', 'trusted_ca', 'step_cli', 'docker'), { maxLength: 3 }),
      { minLength: 8, maxLength: 8 },
    ),
    needs: fc.array(fc.uniqueArray(fc.nat(7), { maxLength: 2 }), { minLength: 8, maxLength: 8 }),
    roles: fc.shuffledSubarray(['ca', 'proxy', 'gateway', 'none'], { minLength: 4 }),
    issuers: fc.array(fc.constantFrom('jwk', 'acme'), { minLength: 3, maxLength: 3 }),
    portainer: fc.shuffledSubarray(['primary', 'agent', 'none'], { minLength: 2 }),
    volumes: fc.boolean(),
  })
  .map((choice): Files => {
    const files: Files = REFERENCE;
    const [lxc, vm, certificates] = [LXC, VM, CERTIFICATES].map((path) => JSON.parse(files[path]));
    const ids = [...Object.keys(lxc.lxc_configs), ...vm.vms.map(({ vmid }: { vmid: number }) => String(vmid))];
    const entries = [...Object.values(lxc.lxc_configs), ...vm.vms] as Record<string, unknown>[];
    for (const [index, entry] of entries.entries()) {
      entry['features'] = choice.features[index];
      entry['dependencies'] = (choice.needs[index] ?? [])
        .map((at) => ids[at % ids.length])
        .filter((id) => id !== ids[index]);
      if (!choice.volumes && 'volumes' in entry) entry['volumes'] = [];
    }
    for (const [index, entry] of Object.values<Record<string, unknown>>(lxc.lxc_configs).entries())
      entry['role'] = choice.roles[index] ?? 'none';
    for (const [index, entry] of vm.vms.slice(1).entries()) entry.portainer_role = choice.portainer[index];
    for (const [index, entry] of certificates.entries()) entry.issuer = choice.issuers[index];
    return { ...files, [LXC]: lxc, [VM]: vm, [CERTIFICATES]: certificates };
  });

test('an environment has an order, or its dependency cycle is reported', LONG_TEST, () => {
  let [ordered, refused] = [0, 0];
  fc.assert(
    fc.property(environments, (files) => {
      const { draft, problems } = loadFiles(files);
      if (draft === null) throw new Error(problems[0]?.message);
      const targets = allTargets(draft);
      const found = order(new Map([...targets].map(([id, { needs }]) => [id, needs])));
      const isTold = problems.some(({ code }) => code === 'DEPENDENCY_CYCLE');
      if (found.kind === 'order') ordered += 1;
      else refused += 1;
      expect(isTold, JSON.stringify(found)).toBe(found.kind !== 'order');
    }),
    { numRuns: 100 },
  );
  // Both happen, or nothing was tested.
  expect(Math.min(ordered, refused)).toBeGreaterThan(0);
});
