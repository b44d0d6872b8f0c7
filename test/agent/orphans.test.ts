// Guests with Phoenix's mark that are not declared, and guests on another node of the cluster.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNode, writeVmlist } from 'phoenix-lab/state';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as managers from '../../src/managers/index.ts';
import { targetId } from '../../src/model/ids.ts';
import { type Phoenix, startPhoenix } from '../support/agent/phoenix.ts';
import { environment } from '../support/environment.ts';
import { type Lab, openLab } from '../support/host/lab.ts';
import { LONG_TEST } from '../support/long.ts';
import { until } from '../support/until.ts';

let lab: Lab;
let phoenix: Phoenix;
beforeEach(async () => {
  lab = await openLab('here');
  phoenix = await startPhoenix({ host: lab.host, managers, options: { leaseSeconds: 10 } });
});
afterEach(async () => {
  await phoenix.stop();
  await lab.close();
});

const GUEST = { start_at_boot: false, firewall: undefined };
const confOf = (id: number, node = 'pve') => join(lab.folder, `etc/pve/nodes/${node}/lxc/${id}.conf`);
const reasonOf = async (run: string, target: string) => {
  const steps = (await phoenix.ledger.run(run as never))?.steps ?? [];
  return steps.find((step) => step.target === target)?.reason ?? '';
};

/** Commands that change a guest. */
const changes = () => lab.news().filter((line) => /^(pct|qm) /.test(line));

/** As after restoring a backup under another id when the original guest is gone. */
function restoreAs(id: number, from: number): void {
  renameSync(confOf(from), confOf(id));
  writeVmlist(openNode(lab.folder));
}

function moveTo(node: string, id: number): void {
  mkdirSync(join(lab.folder, `etc/pve/nodes/${node}/lxc`), { recursive: true });
  renameSync(confOf(id), confOf(id, node));
  writeVmlist(openNode(lab.folder));
}

test(
  'a guest under another id is reported by drift and status, and no second one with its address is created',
  LONG_TEST,
  async () => {
    const files = environment({ 101: GUEST, 102: GUEST });
    await phoenix.push(files);
    restoreAs(199, 101);
    lab.news();

    const look = await phoenix.agent().drift('ann');
    await phoenix.reached(look, 'failed');
    expect(await reasonOf(look, 'lxc/199')).toMatch(
      /^lxc\/199 \(guest-101\), marked as lxc\/101 has Phoenix's mark, and nothing declares it/,
    );
    expect(await phoenix.agent().orphans()).toEqual([{ target: 'lxc/199', name: 'guest-101', markedAs: 'lxc/101' }]);

    const again = await phoenix.agent().replay({ commit: 'main', by: 'ann' });
    await phoenix.reached(again, 'blocked');
    expect(await reasonOf(again, 'lxc/101')).toContain(
      'lxc/199 (guest-101), marked as lxc/101 has the address 10.0.0.101',
    );
    expect(changes()).toEqual([]);

    // Under its former id it is the same guest again.
    restoreAs(101, 199);
    await phoenix.agent().approve(again, targetId('lxc', 101), 'ann');
    await phoenix.reached(again, 'succeeded');
    await until(async () => (await phoenix.agent().orphans()).length === 0, 'the guest to be no orphan any more');
    expect(changes()).toEqual([]);
  },
);

test('a guest known only to a lost ledger is reported, and left alone', LONG_TEST, async () => {
  await phoenix.push(environment({ 101: GUEST, 102: GUEST }));
  await phoenix.stopAgent();
  await phoenix.redis.clear();
  const commit = await phoenix.repo.commit(environment({ 101: GUEST }));
  await phoenix.repo.push();
  await phoenix.startAgent();
  await phoenix.answered(commit);
  const look = await phoenix.agent().drift('ann');
  await phoenix.reached(look, 'failed');
  expect(await reasonOf(look, 'lxc/102')).toMatch(
    /^lxc\/102 \(guest-102\) has Phoenix's mark, and nothing declares it: destroy it/,
  );
  expect(readFileSync(confOf(102), 'utf8')).toContain('phoenix-target%3A lxc/102');
});

test('a guest without the mark, or managed by another repository, is ignored', async () => {
  await phoenix.push(environment({ 101: GUEST, 102: GUEST, 103: GUEST }));
  restoreAs(198, 102);
  restoreAs(199, 103);
  writeFileSync(confOf(198), readFileSync(confOf(198), 'utf8').replace(/^tags: .*$/m, 'tags: mine'));
  writeFileSync(
    confOf(199),
    readFileSync(confOf(199), 'utf8').replace(
      /phoenix-repository%3A \S+/,
      'phoenix-repository%3A https%3A//else.example/x',
    ),
  );
  expect(await phoenix.agent().orphans()).toEqual([]);
});

test(
  'a guest that was migrated to another node is neither recreated, started nor taken for deleted',
  LONG_TEST,
  async () => {
    const both = environment({ 101: GUEST, 102: GUEST });
    await phoenix.push(both);
    moveTo('pve2', 102);
    lab.news();

    const again = await phoenix.agent().replay({ commit: 'main', by: 'ann' });
    await phoenix.reached(again, 'failed');
    expect(await reasonOf(again, 'lxc/102')).toContain(
      'container 102 is on node pve2, and Phoenix keeps the guests of pve',
    );
    expect(await reasonOf(again, 'lxc/102')).toContain('pct migrate 102 pve');

    const started = await phoenix.agent().command({ verb: 'start', targets: ['102'], by: 'ann' });
    await phoenix.reached(started, 'failed');
    expect(await reasonOf(started, 'lxc/102')).toContain('is on node pve2');

    const { commit } = await phoenix.push(environment({ 101: GUEST }), 'Drop 102\n\nPhoenix-Approve: destroy lxc/102');
    const [run] = (await phoenix.ledger.runs(10)).filter((each) => each.commit === commit);
    expect(run?.state).toBe('failed');
    expect(await reasonOf(run?.id ?? '', 'lxc/102')).toContain('is on node pve2');
    expect(changes()).toEqual([]);
    expect((await phoenix.ledger.targets()).applied.has(targetId('lxc', 102))).toBe(true);
  },
);

test('an id that a guest on another node has is reported before anything is done', async () => {
  mkdirSync(join(lab.folder, 'etc/pve/nodes/pve2/qemu-server'), { recursive: true });
  writeFileSync(join(lab.folder, 'etc/pve/nodes/pve2/qemu-server/103.conf'), 'name: other\n');
  writeVmlist(openNode(lab.folder));
  const { statuses } = await phoenix.push(environment({ 103: GUEST }));
  expect(statuses['phoenix/lxc/103']).toBe('failure: the id 103 is taken by VM 103 on node pve2; give it another id');
  expect(changes()).toEqual([]);
});
