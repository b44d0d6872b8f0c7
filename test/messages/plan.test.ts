// A plan as text: the order of its steps, the impact in words, names and values as in the files, and no control characters of others.

import { expect, test } from 'vitest';
import { impactWords, planText } from '../../src/messages/plan.ts';
import type { TargetId } from '../../src/model/ids.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';

const options = { held: new Set<TargetId>(), colours: false };

function step(target: string, part: Partial<PlanStep>): PlanStep {
  const [kind = ''] = target.split('/');
  const rest = { verb: 'update', impact: 'live', needs: [], wave: 1, approval: false, protected: false, changes: [] };
  return { target: target as TargetId, kind, ...rest, ...part } as PlanStep;
}

const plan: Plan = {
  from: 'a',
  to: 'b',
  steps: [
    step('lxc/900', {
      verb: 'create',
      changes: [
        { path: '/cores', before: undefined, after: 2 },
        { path: '/mounts', before: undefined, after: [] },
        { path: '/limits', before: undefined, after: { gid: [] } },
      ],
    }),
    step('lxc/101', {
      impact: 'restart',
      needs: ['lxc/900' as TargetId],
      wave: 2,
      changes: [
        { path: '/memory_mb', before: 512, after: 1024 },
        { path: '/rules', before: ['in 22', 'in 80'], after: ['in 80', 'in 443'] },
        { path: '/swap_mb', before: 512, after: undefined },
      ],
    }),
    step('vm/105', {
      verb: 'delete',
      impact: 'destroy',
      approval: true,
      wave: 3,
      changes: [{ path: '/cores', before: 2, after: undefined }],
    }),
    step('vm/106', { impact: 'recreate', approval: true, protected: true, wave: 3 }),
  ],
};

test('a plan shows per wave and target what is done, its impact, and each field before and after', () => {
  expect(planText(plan, { ...options, held: new Set(['vm/106' as TargetId]) })).toMatchInlineSnapshot(`
    "Wave 1
      + lxc/900  create: new
          /cores  2

    Wave 2
      ~ lxc/101  update: restarts 101 · after lxc/900
          /memory_mb  512 → 1024
          /rules
            - "in 22"
            + "in 443"
          /swap_mb    512 → (gone)

    Wave 3
      - vm/105  delete: destroys the disk of 105 · needs approval
          /cores  2
      ~ vm/106  update: rebuilds 106 and destroys the disk of 106 · protected: refused · held back by an older problem

    Waits for approval. To approve with the commit, end its message with:
      Phoenix-Approve: destroy vm/105
    Refused while "protected" is true: vm/106. Take it off in a commit of its own.

    Plan: 1 to create, 2 to update, 1 to delete.
    "
  `);
});

test('an empty plan is one line', () => {
  expect(planText({ ...plan, steps: [] }, options)).toBe('Nothing to do: no target changes.\n');
});

test('long values are truncated, and control characters in them have no effect on a terminal', () => {
  const changes = [{ path: '/notes', before: undefined, after: `\u001b[2J\u202e${'x'.repeat(500)}` }];
  const text = planText({ ...plan, steps: [step('lxc/1', { changes })] }, options);
  expect(text).not.toContain('\u001b');
  expect(text).not.toContain('\u202e');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(120);
});

test('colours are used only where requested', () => {
  expect(planText(plan, { ...options, colours: true })).toContain('\u001b[31m');
  expect(planText(plan, options)).not.toContain('\u001b');
});

test('each impact has its words', () => {
  const words = (target: string, part: Partial<PlanStep>) => impactWords(step(target, part));
  expect(words('lxc/105', { impact: 'destroy', verb: 'delete' })).toBe('destroys the disk of 105');
  expect(words('vm/101', { impact: 'restart' })).toBe('restarts 101');
  expect(words('hypervisor/dns', { impact: 'restart' })).toBe('restarts hypervisor/dns');
  expect(words('gateway/nginx', { impact: 'destroy', verb: 'delete' })).toBe('removes gateway/nginx');
  expect(words('lxc/101', {})).toBe('live');
  const renamed = { path: '/volumes/0/name', before: 'data', after: 'data2' };
  const moved = { path: '/rootfs/storage', before: 'rpool', after: 'local-lvm' };
  const recreated = { impact: 'recreate' } as const;
  expect(words('lxc/101', { ...recreated, changes: [renamed] })).toBe('puts an empty volume where data of 101 is');
  expect(words('lxc/101', { ...recreated, changes: [renamed, moved] })).toBe(
    'rebuilds 101 and destroys the disk of 101',
  );
});

test('changes are described by the fields of the files, and guests by number and name', () => {
  const file = 'etc/phoenix_lxc_configs.json';
  const path = '/lxc_configs/101/network_config/ip';
  const address = { file, path, before: '10.0.0.5/24', after: '10.0.0.6/24' };
  const told: Plan = {
    from: 'a',
    to: 'b',
    steps: [
      step('lxc/101', {
        name: 'nginx',
        changes: [{ path: '/memoryMb', before: 2048, after: 4096 }],
        written: [
          { file, path: '/lxc_configs/101/memory_mb', field: 'memory_mb', before: 2048, after: 4096 },
          { ...address, field: 'network_config.ip' },
          {
            file,
            path: '/lxc_configs/101/application_script',
            field: 'application_script',
            before: 'web.sh',
            after: 'web.sh',
            because: [{ file: 'bin/web.sh', path: '' }],
          },
        ],
      }),
      step('hypervisor/dns', {
        wave: 2,
        needs: ['lxc/101' as TargetId],
        derived: true,
        changes: [{ path: '/records/0/address', before: '10.0.0.5', after: '10.0.0.6' }],
        written: [{ ...address, field: 'lxc/101 (nginx) network_config.ip', because: [{ file, path }] }],
      }),
    ],
  };
  expect(planText(told, options)).toMatchInlineSnapshot(`
    "Wave 1
      ~ lxc/101 (nginx)  update: live
          memory_mb:                       2048 → 4096
          network_config.ip:               "10.0.0.5/24" → "10.0.0.6/24"
          application_script (bin/web.sh changed): "web.sh"

    Wave 2
      ~ hypervisor/dns  update: live · after lxc/101 (nginx)
          records.0.address:               "10.0.0.5" → "10.0.0.6"
          from lxc/101 (nginx) network_config.ip: "10.0.0.5/24" → "10.0.0.6/24"

    Plan: 0 to create, 2 to update, 0 to delete.
    "
  `);
});

test('a derived target names the first fields that it follows from, and counts the others', () => {
  const file = 'etc/phoenix_lxc_configs.json';
  const written = Array.from({ length: 9 }, (_, at) => ({
    ...{ file, path: `/lxc_configs/10${at}/name`, field: `lxc/10${at} name`, before: null, after: `guest-${at}` },
  }));
  const changes = [{ path: '', before: null, after: { records: 9 } }];
  const text = planText({ ...plan, steps: [step('hypervisor/dns', { derived: true, changes, written })] }, options);
  expect(text).toContain('      all of it:         null → {"records":9}\n');
  expect(text.match(/^ +from lxc/gm)).toHaveLength(6);
  expect(text).toContain('      and from 3 more places; --json names all\n');
});
