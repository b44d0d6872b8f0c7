// Whatever is in the file of a guest, an import of it validates, plans nothing, reads the same again, and loses no line without saying so; and its

// adoption changes nothing but the mark.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareTargets } from '../../../src/cli/host/compare.ts';
import { snapshotOf } from '../../../src/cli/host/written-snapshot.ts';
import { readHost } from '../../../src/cli/import/import.ts';
import { load } from '../../../src/load/load.ts';
import type { FoundGuests } from '../../../src/managers/guest/import/guests.ts';
import { allTargets } from '../../../src/managers/index.ts';
import { lxcImporter } from '../../../src/managers/lxc/import.ts';
import { vmImporter } from '../../../src/managers/vm/import/importer.ts';
import { readSourceSettings } from '../../../src/settings/source.ts';
import { adopt, mainOf } from '../../managers/adoption/round-trip.ts';
import { wanted } from '../../managers/guests.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { LONG_TEST } from '../../support/long.ts';
import { ODD_GUESTS, type OddGuest } from './odd-guests.ts';

const ID = 4001;
const SETTINGS = readSourceSettings({}, () => '');
const pathOf = (kind: OddGuest['kind']): string => `/etc/pve/${kind === 'lxc' ? 'lxc' : 'qemu-server'}/${ID}.conf`;

let host: LabHost;
beforeAll(async () => {
  host = await openLabHost();
});
afterAll(() => host.close());

async function hostWith({ kind, text }: OddGuest): Promise<void> {
  await host.removeFiles({ kind: 'remove', paths: [pathOf('lxc'), pathOf('vm')] });
  await host.write(pathOf(kind), text);
  host.forget();
}

/** What an import makes of this text of the guest, as far as the importer alone decides. */
function writtenOf(kind: OddGuest['kind'], found: FoundGuests, text: string): string {
  const files = new Map([...found.inventory.files, [pathOf(kind), text]]);
  const importer = kind === 'lxc' ? lxcImporter : vmImporter;
  const written = importer.written({ ...found, inventory: { ...found.inventory, files } }, 'different', '/secrets');
  return JSON.stringify(written).replaceAll(/:\d+\)/g, ')');
}

/** Lines of the guest's main section without which its import is the same. */
function silentLines({ kind, text }: OddGuest, found: FoundGuests): string[] {
  const main = mainOf(text);
  const whole = writtenOf(kind, found, text);
  return main
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .filter((line) => writtenOf(kind, found, text.replace(`${line}\n`, '')) === whole);
}

/** Keys that Proxmox writes itself. */
const GENERATED =
  /^(arch: amd64|meta:|parent:|running(cpu|machine):|smbios1: uuid=[0-9a-f-]{14}4|vmgenid: [0-9a-f]{8}-)/;

describe.each(Object.entries(ODD_GUESTS))('%s', (_, guest) => {
  test(
    'is written down, plans nothing, reads the same a second time, and loses no line in silence',
    LONG_TEST,
    async () => {
      const { kind, text, left = [], usual = [] } = guest;
      await hostWith(guest);
      const { imported } = await readHost(host, [kind, 'hypervisor'], SETTINGS);
      const { config, problems } = load(snapshotOf(imported.files, imported.texts), SETTINGS);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const compared = config === null ? [] : await compareTargets(host, host, allTargets(config));
      expect(compared.filter((one) => one.kind !== 'same')).toEqual([]);
      expect((await readHost(host, [kind, 'hypervisor'], SETTINGS)).imported).toEqual(imported);
      const own = imported.left.filter(({ what }) => what.startsWith(`${kind}/${ID} `));
      expect(JSON.stringify(imported)).not.toMatch(/hunter2|s3cret-token/);
      for (const { why } of own) expect(why).not.toBe('');
      expect(own.map(({ what }) => what.split(/[ :]/)[1])).toEqual(left);
      const target =
        config === null ? undefined : [...allTargets(config).values()].find((one) => one.id === `${kind}/${ID}`);
      const found = await (kind === 'lxc' ? lxcImporter : vmImporter).observe(host);
      const silent = silentLines(guest, found).filter((line) => !GENERATED.test(line));
      expect(silent.filter((line) => !usual.includes(line.split(':')[0] ?? ''))).toEqual([]);
      if (target === undefined) throw new Error('the guest is not declared');
      const done = await adopt({ kind, id: ID, text, running: false }, wanted(target));
      if (done.refused !== null) return;
      expect(done.end).toMatchObject({ outcome: 'done' });
      expect(done.after).toBe(done.marked);
      expect(done.again).toEqual({ outcome: 'done', actions: [] });
    },
  );
});

test('lines of a container that Proxmox cannot read are told with what they do', async () => {
  const text = `arch: amd64\nhostname: odd\nmemory: 512\nmp0: rpool:subvol-4001-disk-3, mp=/x,size=4G\nostype: debian\nrootfs: rpool:subvol-4001-disk-0,size=8G\nstartup: order=1, up=2\n`;
  await hostWith({ kind: 'lxc', text });
  const { imported } = await readHost(host, ['lxc', 'hypervisor'], SETTINGS);
  const told = imported.left.map(({ what, why }) => `${what} ${why}`).filter((one) => one.includes('cannot read'));
  expect(told).toEqual([
    'lxc/4001 startup: order=1, up=2 (/etc/pve/lxc/4001.conf:7) Proxmox cannot read this line: correct it, then import again',
    'lxc/4001 mp0: rpool:subvol-4001-disk-3, mp=/x,size=4G (/etc/pve/lxc/4001.conf:4) Proxmox cannot read this line, and does not start the container with it: correct it, then import again',
  ]);
});

test.each(['template: 1', 'template: yes'])(
  'a template (%s) that would start with the host is imported without a state',
  async (line) => {
    const text = `boot: order=scsi0\ncores: 2\nmemory: 2048\nname: odd\nonboot: 1\nscsi0: rpool:base-4001-disk-0,size=8G\n${line}\n`;
    await hostWith({ kind: 'vm', text });
    const { imported } = await readHost(host, ['vm', 'hypervisor'], SETTINGS);
    const { config, problems } = load(snapshotOf(imported.files, imported.texts), SETTINGS);
    expect(config?.vm.map(({ id, isTemplate }) => [id, isTemplate])).toContainEqual([ID, true]);
    expect(problems.map(({ code, path = '' }) => [code, path?.split('/').at(-1)])).toEqual([
      ['NO_EFFECT', 'start_at_boot'],
    ]);
  },
);
