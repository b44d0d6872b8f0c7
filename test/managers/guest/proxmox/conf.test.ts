// Reading and editing the configuration file of a guest, in the form in which Proxmox writes it.

import { expect, test } from 'vitest';
import { parseConf, upcoming, withRawLines } from '../../../../src/managers/guest/proxmox/conf.ts';
import { withoutVolumes } from '../../../../src/managers/guest/proxmox/disk-lines.ts';

const CONF = `#line one
#line two%3A 50%25 %C3%BC
arch: amd64
features: nesting=1
hostname: Nginx-Phoenix
memory: 512
mp0: rpool:subvol-101-disk-1,mp=/data,size=1G
rootfs: local-lvm:vm-101-disk-0,size=8G
unused0: rpool:subvol-101-disk-2
lxc.mount.auto: sys:rw

[pve:pending]
delete: mp0,tags
features: nesting=0

[before]
#a snapshot
hostname: old
lxc.mount.auto: proc:rw
mp0: rpool:subvol-101-disk-1,mp=/data,size=1G
snaptime: 1795382814
`;

test('the main section, pending changes and snapshots are distinguished', () => {
  const conf = parseConf(CONF);
  expect(conf.description).toBe('line one\nline two: 50% ü');
  expect(conf.settings['hostname']).toBe('Nginx-Phoenix');
  expect(conf.raw).toEqual([{ key: 'lxc.mount.auto', value: 'sys:rw' }]);
  expect(conf.pending).toEqual({ features: 'nesting=0' });
  expect(conf.pendingDeletes).toEqual(['mp0', 'tags']);
  expect(conf.snapshots).toEqual(['before']);
});

test('snapshots are listed in the order in which they were taken, not by name', () => {
  const taken = (name: string, time: number, parent?: string) =>
    `\n[${name}]\n${parent === undefined ? '' : `parent: ${parent}\n`}snaptime: ${time}\n`;
  const text = `hostname: a\nparent: a-last\n${taken('a-last', 20, 'b')}${taken('b', 20, 'z-first')}${taken('z-first', 10)}`;
  expect(parseConf(text).snapshots).toEqual(['z-first', 'b', 'a-last']);
});

test('what waits counts once the guest has restarted', () => {
  const later = upcoming(parseConf(CONF));
  expect(later['features']).toBe('nesting=0');
  expect(later).not.toHaveProperty('mp0');
});

test('a VM’s file has its own heading for pending changes, and a section for cloud-init', () => {
  const conf = parseConf('name: a\n\n[PENDING]\nmemory: 4096\n\n[special:cloudinit]\nipconfig0: ip=dhcp\n');
  expect(conf.pending).toEqual({ memory: '4096' });
  expect(conf.cloudinit).toEqual({ ipconfig0: 'ip=dhcp' });
  expect(conf.snapshots).toEqual([]);
});

test('names that mean something to JavaScript are only names', () => {
  const conf = parseConf('__proto__: x\nconstructor: y\n[__proto__]\nname: z\n');
  expect(conf.settings['constructor']).toBe('y');
  expect(conf.snapshots).toEqual(['__proto__']);
});

test('other raw lines and notes leave everything else as it was', () => {
  const text = withRawLines(CONF, [{ key: 'lxc.apparmor.profile', value: 'unconfined' }], 'new: 100%\nä');
  const conf = parseConf(text);
  expect(conf.description).toBe('new: 100%\nä');
  expect(conf.raw).toEqual([{ key: 'lxc.apparmor.profile', value: 'unconfined' }]);
  expect(text).toContain('#new%3A 100%25\n#%C3%A4\narch: amd64\n');
  expect(text.slice(text.indexOf('[pve:pending]'))).toBe(CONF.slice(CONF.indexOf('[pve:pending]')));
  expect(withRawLines(text, conf.raw, conf.description)).toBe(text);
});

test('unchanged raw lines are not rewritten, whatever their form', () => {
  const kept = 'lxc.cgroup2.devices.allow = c 188:* rwm\nlxc.cap.drop:\n';
  const text = `arch: amd64\n${kept}`;
  const { raw } = parseConf(text, 'pct');
  expect(raw).toEqual([
    { key: 'lxc.cgroup2.devices.allow', value: 'c 188:* rwm' },
    { key: 'lxc.cap.drop', value: '' },
  ]);
  expect(withRawLines(text, [...raw, { key: 'lxc.mount.auto', value: 'sys' }], '')).toBe(
    `${text}lxc.mount.auto: sys\n`,
  );
});

test('a header that is invalid for a container is skipped, and the section continues', () => {
  const text = 'memory: 256\n\n[a]\nmemory: 128\n\n[before]\nmemory: 64\n';
  expect(parseConf(text, 'pct').settings['memory']).toBe('128');
  expect(parseConf(text, 'pct').snapshots).toEqual(['before']);
  expect(parseConf(text, 'qm').settings['memory']).toBe('256');
});

test('notes are read as Proxmox decodes them, those of long ago too', () => {
  expect(parseConf('#100% sure %C3%BC %zz\n', 'pct').description).toBe('100% sure ü %zz');
  expect(parseConf('#first  \n#\n#%0D\nname: a\n#last\n#\n').description).toBe('first  \n\n\r\nlast');
  expect(parseConf('#one\ndescription: two%3A\n').description).toBe('one\ntwo:');
});

test('volumes are removed from the snapshots too', () => {
  const text = withoutVolumes(CONF, new Set(['rpool:subvol-101-disk-1', 'rpool:subvol-101-disk-2']));
  expect(text).not.toMatch(/subvol/);
  expect(text).toContain('rootfs: local-lvm:vm-101-disk-0,size=8G');
});
