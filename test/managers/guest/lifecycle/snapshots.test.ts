// Snapshots that a guest's storages or mounts do not support: the outcome says so, whichever disk is the cause.

import { afterEach, expect, test } from 'vitest';
import { snapshotObstacle } from '../../../../src/managers/guest/lifecycle/snapshot-obstacle.ts';
import { parseConf } from '../../../../src/managers/guest/proxmox/conf.ts';
import type { Manager } from '../../../../src/managers/manager.ts';
import { vm } from '../../../../src/managers/vm/manager.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { feature, IMAGE, machine, targetOf, wanted } from '../../guests.ts';
import { HOST_FACTS } from '../../observed.ts';
import { step } from '../../step.ts';

let host: LabHost | undefined;
afterEach(() => host?.close());

const HOST = {
  ...HOST_FACTS,
  storages: { rpool: 'zfspool', thin: 'lvmthin', thick: 'lvm', local: 'dir' },
};

test.each([
  ['rootfs: rpool:subvol-1-disk-0,size=4G\nmp0: thin:vm-1-disk-0,mp=/a', null],
  ['rootfs: rpool:subvol-1-disk-0\nunused0: thick:vm-1-disk-9', null],
  ['scsi0: rpool:vm-1-disk-0\nide2: local:iso/x.iso,media=cdrom\nide3: local:vm-1-cloudinit,media=cdrom', null],
  ['scsi0: local:1/vm-1-disk-0.qcow2', null],
  [
    'scsi0: rpool:vm-1-disk-0\nscsi1: local:1/vm-1-disk-0.raw',
    'storage local (dir) cannot snapshot local:1/vm-1-disk-0.raw',
  ],
  ['scsi0: rpool:vm-1-disk-0\ntpmstate0: thick:vm-1-disk-1', 'storage thick (lvm) cannot snapshot thick:vm-1-disk-1'],
  ['scsi0: other:vm-1-disk-0', 'storage other cannot snapshot other:vm-1-disk-0'],
  ['scsi0: rpool:vm-1-disk-0\nvirtio1: /dev/sdb', 'virtio1 is /dev/sdb of the host'],
  ['rootfs: rpool:subvol-1-disk-0\nmp3: /srv/x,mp=/x', '/x is /srv/x of the host'],
])('%j', (text, said) => {
  const obstacle = snapshotObstacle(HOST, parseConf(`${text}\n[old]\nmp9: /srv/y,mp=/y\n`, 'pct'));
  if (said === null) expect(obstacle).toBeNull();
  else expect(obstacle).toContain(said);
});

test('of a VM those around its scripts are named where its storage takes none, and the step is applied', async () => {
  host = await openLabHost([{ id: 'plain', type: 'dir', content: ['images'] }]);
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  const snapshots = { preFeatures: 'clean', postFeatures: 'complete' };
  const target = targetOf(machine(1001, { storagePool: 'plain', features: [feature('base')], snapshots }));
  const end = await step(vm as Manager, host, wanted(target));
  expect(end).toMatchObject({ outcome: 'applied' });
  expect(end).toHaveProperty(
    'reason',
    expect.stringMatching(/^no snapshots clean and complete: storage plain \(dir\) cannot/),
  );
});
