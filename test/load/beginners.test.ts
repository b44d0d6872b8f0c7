// Frequent mistakes of beginners, each with a remedy: from the files of a folder to the message.

import { describe, expect, test } from 'vitest';
import { environment, type Files, loadFiles } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

/** Errors of the files, as `message | hint`. */
function told(files: Files): string[] {
  return loadFiles(files)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ message, hint }) => `${message} | ${hint}`);
}

/** The environment with one thing changed. */
function changed(change: (files: Files) => void): string[] {
  const files: Files = environment();
  change(files);
  return told(files);
}

describe('a number as text', () => {
  test.each([
    ['memory_mb', '"512"', '512'],
    ['cores', '"2"', '2'],
    ['start_at_boot', '"true"', 'true'],
    ['storage_size_gb', '"8"', '8'],
  ])('%s: %s', (field, written, meant) => {
    const [first, ...others] = changed((files) => {
      files[LXC].lxc_configs['101'][field] = JSON.parse(written);
    });
    expect(others).toEqual([]);
    expect(first).toMatch(new RegExp(`^"${field}" is "`));
    expect(first?.endsWith(`| Write ${meant}, without quotes.`)).toBe(true);
  });

  test('and text as a number', () => {
    const [first] = changed((files) => {
      files[LXC].lxc_configs['101'].name = 101;
    });
    expect(first).toContain('| Write "101", in quotes.');
  });

  test('an id may be either', () => {
    expect(
      changed((files) => {
        files[LXC].lxc_configs['101'].dependencies = ['900'];
        files[VM].vms[1].vmid = '1001';
      }),
    ).toEqual([]);
  });

  test('what would be wrong without quotes too gets no such advice', () => {
    const [first] = changed((files) => {
      files[LXC].lxc_configs['101'].memory_mb = '1';
    });
    expect(first).not.toContain('without quotes');
  });

  test('a secret is not shown by it', () => {
    const [first] = changed((files) => {
      files[VM].vms[1].user_config = { username: 'ada', password_hash: 12345678 };
    });
    expect(first).not.toContain('12345678');
  });

  test.each([
    ['health_check', 'mysql --password hunter2-22 ping'],
    ['health_check', 'curl -H "Authorization: Bearer hunter2-22ab34cd" localhost'],
    ['features', 'install --password hunter2-22'],
    ['bind_mounts', ['--password', 'hunter2-22']],
    ['bind_mounts', { command: ['--password', 'hunter2-22'], mac: 'bc-24-11-00-00-01' }],
    ['network_config', { mac: 'bc-24-11-00-00-01', password: 'hunter2-22' }],
  ])('nor one in another text, or beside it: %s', (field, written) => {
    const files: Files = environment();
    files[LXC].lxc_configs['101'][field] = written;
    const { problems } = loadFiles(files);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test('an entry of a list of keys is not shown by it', () => {
    const problems = changed((files) => {
      files[LXC].lxc_configs['101'].root_user = { ssh_keys: [12345678] };
    });
    expect(problems.join()).toContain('an entry of');
    expect(problems.join()).not.toContain('12345678');
  });
});

test.each([
  ['a number with its unit', 'memory_mb', '512 MB', 'Write 512.'],
  ['a number in another unit', 'memory_mb', '2G', 'Write 2048.'],
  ['a size in GB', 'storage_size_gb', '8GiB', 'Write 8.'],
  ['a switch in words', 'start_at_boot', 'yes', 'Write true.'],
  ['a switch as a number', 'start_at_boot', 0, 'Write false.'],
  [
    'an address without a prefix',
    'network_config.ip',
    '10.0.0.99',
    'Write "10.0.0.99/24", with the prefix length of its network.',
  ],
  ['an address with a mask', 'network_config.ip', '10.0.0.99/255.255.255.0', 'Write "10.0.0.99/24".'],
  ['a word in capitals', 'network_config.ip', 'DHCP', 'Write "dhcp".'],
  ['a hardware address with dashes', 'mac_address', 'bc-24-11-00-00-01', 'Write "BC:24:11:00:00:01".'],
  ['a template by its file', 'template', 'debian-12.tar.zst', 'Write "local:vztmpl/debian-12.tar.zst".'],
  ['a list as one text', 'tags', 'web, home', 'Write ["web","home"].'],
  ['gigabytes where megabytes are counted', 'memory_mb', 4, 'Write 4096, which is 4 GB, since it counts MB.'],
  ['a template without its folder', 'template', 'ceph:debian-12.tar.zst', 'Write "ceph:vztmpl/debian-12.tar.zst".'],
  ['an address in place of an interface', 'network_config', 'DHCP', 'Write {"ip":"dhcp"}.'],
  ['a firewall as a switch', 'firewall', true, 'Write {"enabled":true}.'],
  ['a storage with a size', 'storage_pool', 'tank-disks:8', 'Write "tank-disks".'],
  ['a disk as Proxmox makes one', 'storage_size_gb', 'local-lvm:8G', 'Write 8.'],
  ['a gateway with a prefix', 'network_config.gw', '10.0.0.1/24', 'Write "10.0.0.1".'],
  ['a guest by its kind', 'clone_from_ctid', 'CT 900', 'Write 900.'],
  [
    'a rule in the words of another firewall',
    'firewall',
    { rules: [{ type: 'in', action: 'Allow', source: '10.0.0.0/24', proto: 'tcp', port: 80 }] },
    'Write "ACCEPT".',
  ],
  [
    'a gateway outside of its network',
    'network_config.gw',
    '10.0.1.1',
    'Write a gateway of that network, or the address with the prefix length of its network.',
  ],
  ['an interface in a list', 'network_config', [{ ip: 'dhcp' }], 'Write an object in braces, with its fields.'],
])('%s is told as it is to be written', (_, field, written, hint) => {
  const [first, ...others] = changed((files) => {
    const guest = files[LXC].lxc_configs['101'];
    const [name = '', below] = field.split('.');
    if (below === undefined) guest[name] = written;
    else guest[name][below] = written;
  });
  expect([first?.split(' | ')[1], others]).toEqual([hint, []]);
});

test.each([
  ['"web"', '"we\tb"', 'Write \\t for a tab, or a space.'],
  ['"/tank/certs/101"', '"C:\\certs"', 'A backslash is written twice in JSON; folders of Linux are separated by "/".'],
  ['"/tank/certs/101"', '"C:\\users"', 'A backslash is written twice in JSON; folders of Linux are separated by "/".'],
  ['"web"', '"\\u12"', 'A backslash is written twice in JSON; folders of Linux are separated by "/".'],
  ['"web"', '"we\u0001b"', 'Take out the character U+0001, or write \\u0001 for it.'],
  ['"web"', '"web', 'Put a double quote at its end.'],
  ['"web"', '"C:\\\\certs', 'Put a double quote at its end.'],
  [
    '"cores": 1',
    '"cores":\u00a01',
    'It comes with text that is copied from a page: write an ordinary space in its place.',
  ],
])('text that JSON cannot hold is told with what to write: %s', (valid, written, hint) => {
  const [first] = changed((files) => {
    files[LXC] = JSON.stringify(files[LXC], null, 2).replace(valid, () => written);
  });
  expect(first?.split(' | ')[1]).toBe(hint);
});

test('a path is not suggested in another case', () => {
  const [first] = changed((files) => {
    files['etc/phoenix_datacenter_config.json'] = { storages: { vault: { type: 'dir', path: '/var/lib/vz2' } } };
  });
  expect(first).toContain('/var/lib/vz2');
  expect(first).not.toContain('VZ2');
});

test.each([
  ['ram', 'memory_mb'],
  ['cpus', 'cores'],
  ['hostname', 'name'],
  ['disk_size', 'storage_size_gb'],
  ['onboot', 'start_at_boot'],
  ['restart', 'start_at_boot'],
  ['net0', 'network_config'],
])('a field in the words of others is told in those of Phoenix: %s', (written, meant) => {
  const problems = changed((files) => {
    const guest = files[LXC].lxc_configs['101'];
    guest[written] = guest[meant];
    delete guest[meant];
  });
  expect(problems).toContain(`unknown field "${written}" | Did you mean "${meant}"?`);
});

test('for a mount in Docker’s form, the object to write is suggested, and an entry is named by its list', () => {
  const [first] = changed((files) => {
    files[LXC].lxc_configs['101'].mount_points = ['/tank/media:/media:ro'];
  });
  expect(first).toBe(
    'an entry of "mount_points" is "/tank/media:/media:ro" and must be an object | Write {"host_path":"/tank/media","container_path":"/media","read_only":true}.',
  );
});

test('VMs as an object, a word of a rule in small letters, an image without its storage and a misspelt storage', () => {
  const problems = changed((files) => {
    const guest = files[VM].vms[1];
    guest.firewall = { enabled: true, rules: [{ type: 'in', action: 'accept', proto: 'tcp', port: 80 }] };
    guest.iso = 'debian-13.iso';
    files[LXC].lxc_configs['101'].storage_pool = 'tank-disk';
  });
  expect(problems.map((text) => text.split(' | ')[1])).toEqual([
    expect.stringMatching(/^Did you mean "tank-disks"\? /),
    'Write "ACCEPT".',
    'Write "local:iso/debian-13.iso".',
  ]);
  const [first] = changed((files) => {
    files[VM].vms = { '1001': files[VM].vms[1] };
  });
  expect(first).toBe(
    '"vms" is an object and must be a list | Write a list in brackets; what its entries are called stands in a field of each.',
  );
});

test.each([
  ['30 2 * * *', '02:30'],
  ['0 5 * * 6', 'sat 05:00'],
  ['2:30 PM', '14:30'],
  ['12am', '00:00'],
])('when a job runs, as cron or a clock says it: %s', (schedule, meant) => {
  const [first] = changed((files) => {
    files['etc/phoenix_datacenter_config.json'] = { backup_jobs: { nightly: { schedule, all: true } } };
  });
  expect(first?.split(' | ')[1]).toBe(`Write "${meant}".`);
});

test('a bridge with nearly the name of a declared one is reported, and one with another number is not', () => {
  const onBridge = (bridge: string) => {
    const files: Files = environment();
    files[LXC].lxc_configs['101'].network_config.bridge = bridge;
    return loadFiles(files).problems.map(({ code, hint }) => `${code} ${hint}`);
  };
  expect(onBridge('vmrb0')).toEqual(['UNDECLARED_BRIDGE Did you mean "vmbr0"?']);
  expect(onBridge('VMBR0')).toEqual(['UNDECLARED_BRIDGE Did you mean "vmbr0"?']);
  expect(onBridge('vmbr0.10')).toEqual(['UNDECLARED_BRIDGE Write "bridge": "vmbr0" and "vlan": 10.']);
  expect(onBridge('vmbr1')).toEqual([]);
});

test('guests as a list get the hint to write an object', () => {
  const [first] = changed((files) => {
    files[LXC].lxc_configs = [{ name: 'web' }];
  });
  expect(first).toMatch(/ is a list .*\| Write an object in braces, with each entry below its own name or id\.$/);
});

test('a file whose name resembles a missing one is reported, and no other', () => {
  const files: Files = environment();
  files['etc/vms.json'] = files[VM];
  files['etc/notes.json'] = {};
  files['etc/lxc.json'] = {};
  delete files[VM];
  const said = loadFiles(files).problems.filter(({ message }) => message.includes('no file of this name'));
  expect(said).toMatchObject([
    { code: 'NO_EFFECT', severity: 'warning', file: 'etc/vms.json', hint: `If it is what ${VM} is to be, rename it.` },
  ]);
});

test.each(['phoenix_lxc_configs.json', 'etc/guests/phoenix_lxc_configs.json'])(
  'a file in another folder: %s',
  (path) => {
    const files: Files = environment();
    files[path] = files[LXC];
    expect(loadFiles(files).problems.filter(({ file }) => file === path)).toEqual([]);
    delete files[LXC];
    expect(loadFiles(files).problems.filter(({ file }) => file === path)).toMatchObject([
      { code: 'NO_EFFECT', message: 'no file is read here', hint: `If it is what ${LXC} is to be, move it.` },
    ]);
  },
);

test('a file of another whole configuration below a folder is not taken for one in the wrong place', () => {
  const files: Files = environment();
  files[`examples/one/${LXC}`] = files[LXC];
  files[`examples/one/${HYPERVISOR}`] = files[HYPERVISOR];
  delete files[LXC];
  expect(loadFiles(files).problems.filter(({ file }) => file?.startsWith('examples/'))).toEqual([]);
});

test.each([
  ['Europe/Belrin', 'Europe/Berlin'],
  ['europe/berlin', 'Europe/Berlin'],
  ['Berlin', 'Europe/Berlin'],
  ['EDT', 'America/New_York'],
])('a time zone that is none is told with the nearest: %s', (written, meant) => {
  const [first] = changed((files) => {
    files[HYPERVISOR].timezone = written;
  });
  expect(first).toContain(`did you mean "${meant}"?`);
});

test('an id in both files of guests is reported with the hint that one of them is wrong', () => {
  const [first] = changed((files) => {
    files[VM].vms[1].vmid = 101;
  });
  expect(first).toMatch(/^Id 101 of .* is taken by lxc\/101.*\| .*take it out of the wrong one, or give it a free id/);
});

test('a YAML file where Phoenix reads JSON does not count as missing', () => {
  const problems = changed((files) => {
    files['etc/phoenix_vm_configs.yml'] = 'vms:\n  - vmid: 1001\n';
    delete files[VM];
  });
  const yaml = problems.filter((each) => each.includes('YAML'));
  expect(yaml).toEqual([
    `this file is YAML, and Phoenix reads ${VM} | Turn it into JSON, for example with: yq --output-format json etc/phoenix_vm_configs.yml > ${VM}.`,
  ]);
});

test('YAML notes beside an existing file are ignored', () => {
  expect(
    changed((files) => {
      files['etc/phoenix_vm_configs.yaml'] = 'old: true\n';
    }),
  ).toEqual([]);
});

test.each(['C:\\tank', 'c:/tank', 'C:\tank', 'D:\\tank\\'])('a path of Windows becomes one of the host: %j', (path) => {
  const [first] = changed((files) => {
    files[LXC].lxc_configs['101'].mount_points = [{ host_path: path, container_path: '/data' }];
  });
  expect(first).toContain('"/tank"');
});

test('several protocols are several rules', () => {
  const [first] = changed((files) => {
    const rules = [{ type: 'in', action: 'ACCEPT', proto: 'tcp/udp', port: '53' }];
    files[LXC].lxc_configs['101'].firewall = { rules };
  });
  expect(first).toContain('write a rule for each of several');
});

const DATACENTER = 'etc/phoenix_datacenter_config.json';
const CERTIFICATES = 'etc/certificate-manifest.json';
const STACK = 'stacks/shop/phoenix.json';
const NIGHTLY = { schedule: '02:30', all: true };
const NFS = { type: 'nfs', server: '10.0.0.9', export: '/srv' };
const OPERATORS = { groups: { ops: {} }, acl: { ops: { path: '/', roles: ['PVEAdmin'], groups: ['ops'] } } };
const acl = (change: object) => ({ ...OPERATORS, acl: { ops: { ...OPERATORS.acl.ops, ...change } } });
const PCI = { node: 'pve', path: '01:00.0', id: '10de:2204' };
const usb = (change: object) => ({ usb_mappings: { stick: { map: [{ node: 'pve', ...change }] } } });
const FILE = { storage: 'local', content: 'iso', filename: 'a.iso', url: 'https://a.example/a.iso' };
const download = (change: object) => ({ downloads: { disc: { ...FILE, 'checksum-algorithm': 'sha256', ...change } } });
const SUBNET = { sdn_zones: { inner: { type: 'simple' } }, sdn_vnets: { back: { zone: 'inner' } } };

test.each<[string, object, string]>([
  ['an address of the web as a server', { storages: { media: { ...NFS, server: 'http://10.0.0.9' } } }, '"10.0.0.9"'],
  ['a server with its port', { storages: { media: { ...NFS, server: '10.0.0.9:2049' } } }, '"10.0.0.9"'],
  ['a server with its path', { storages: { media: { ...NFS, export: '10.0.0.9:/srv' } } }, '"/srv"'],
  ['a storage of another name', { storages: { media: { type: 'SMB', server: '10.0.0.9', share: 'a' } } }, '"cifs"'],
  ['a path without its slash', { storages: { media: { type: 'dir', path: 'srv/a' } } }, '"/srv/a"'],
  ['contents in other words', { storages: { media: { ...NFS, content: ['templates', 'iso'] } } }, '["vztmpl","iso"]'],
  ['properties in one text', { storages: { media: { ...NFS, 'prune-backups': 'keep-last=3' } } }, '{"keep-last":3}'],
  ['a number of backups', { backup_jobs: { nightly: { ...NIGHTLY, 'prune-backups': 7 } } }, '{"keep-last":7}'],
  ['an event with @', { backup_jobs: { nightly: { ...NIGHTLY, schedule: '@daily' } } }, '"daily"'],
  ['a time in words', { backup_jobs: { nightly: { ...NIGHTLY, schedule: 'every day at 2' } } }, '"02:00"'],
  ['a span', { backup_jobs: { nightly: { ...NIGHTLY, schedule: '*/15 * * * *' } } }, '"*:0/15"'],
  ['a compression by its ending', { backup_jobs: { nightly: { ...NIGHTLY, compress: 'zst' } } }, '"zstd"'],
  ['a date', { users: { 'ada@pve': { expire: '2027-01-01' } } }, '1798761600'],
  ['everything as a path', acl({ path: '*' }), '"/"'],
  ['a guest as a path', acl({ path: '/lxc/101' }), '"/vms/101"'],
  ['a group as Proxmox shows it', acl({ groups: ['@ops'] }), '["ops"]'],
  ['a user without a realm', acl({ groups: undefined, users: ['root'] }), '["root@pam"]'],
  [
    'a realm by its protocol',
    { realms: { id: { type: 'oidc', 'issuer-url': 'https://a.b', 'client-id': 'p' } } },
    '"openid"',
  ],
  ['a privilege by what it is for', { roles: { Op: { privs: ['VM.Start'] } } }, '"VM.PowerMgmt"'],
  ['an alias as a text', { aliases: { office: '10.0.0.0/24' } }, '{"cidr":"10.0.0.0/24"}'],
  ['a set as a text', { ip_sets: { trusted: '10.0.0.0/24' } }, '{"entries":["10.0.0.0/24"]}'],
  ['an option as its usual property', { options: { migration: 'secure' } }, '{"type":"secure"}'],
  ['a state of the page', { ha_resources: { 'ct:101': { state: 'running' } } }, '"started"'],
  [
    'a range in one text',
    { ...SUBNET, sdn_subnets: { 'back/10.20.0.0/24': { 'dhcp-range': '10.20.0.10-10.20.0.20' } } },
    '[{"start-address":"10.20.0.10","end-address":"10.20.0.20"}]',
  ],
  ['a USB device in hexadecimal', usb({ id: '0x0658:0x0200' }), '{"node":"pve","id":"0658:0200"}'],
  [
    'a PCI device without its domain',
    { pci_mappings: { gpu: { map: [PCI] } } },
    JSON.stringify({ ...PCI, path: '0000:01:00.0' }),
  ],
  ['a checksum with its method', download({ checksum: `sha256:${'ab'.repeat(32)}` }), `"${'ab'.repeat(32)}"`],
  [
    'a time of cron on some days',
    { backup_jobs: { nightly: { ...NIGHTLY, schedule: '0 2 * * 1-5' } } },
    '"mon..fri 02:00"',
  ],
  ['compression as a switch', { backup_jobs: { nightly: { ...NIGHTLY, compress: true } } }, '"zstd"'],
  ['a rate with its unit', { replication: { '101-0': { target: 'pve2', rate: '10MB' } } }, '10'],
  ['a size in gigabytes', { ceph_pools: { tank: { target_size: '500GB' } } }, '"500G"'],
  [
    'a guest without its kind',
    { ha_rules: { home: { type: 'node-affinity', resources: ['101'], nodes: ['pve'] } } },
    '["ct:101"]',
  ],
  ['a prefix of addresses with other signs', { options: { mac_prefix: 'BC-24-11' } }, '"BC:24:11"'],
  ['a console by its program', { options: { console: 'noVNC' } }, '"html5"'],
  [
    'a folder as a storage',
    { backup_jobs: { nightly: { ...NIGHTLY, storage: '/mnt/a' } } },
    'the name of a storage. A folder becomes one below "storages" of etc/phoenix_datacenter_config.json: {"type": "dir", "path": "/mnt/a"}',
  ],
  [
    'a guest by its name',
    { pools: { prod: { vms: ['web'] } } },
    'the number of the guest, such as 101, in place of its name',
  ],
  ['a contact with mailto', { acme_accounts: { home: { contact: ['mailto:a@b.c'] } } }, '["a@b.c"]'],
])('in the datacenter’s file, %s is told as it is to be written', (_, datacenter, meant) => {
  const problems = changed((files) => {
    files[DATACENTER] = datacenter;
  });
  expect(problems.map((problem) => problem.split(' | ')[1])).toContain(`Write ${meant}.`);
});

test.each<[string, object, string | null]>([
  ['no compression', { backup_jobs: { nightly: { ...NIGHTLY, compress: false } } }, 'Write "0".'],
  ['a text as a switch', { groups: { ops: { comment: true } } }, null],
  ['a text as a switch that is off', { groups: { ops: { comment: false } } }, null],
  ['an address of e-mail without its host', { users: { 'ada@pve': { email: 'ada' } } }, null],
  ['a contact without its host', { acme_accounts: { home: { contact: ['ops'] } } }, null],
  ['a sender without its host', { options: { email_from: 'ada' } }, null],
  [
    'a rate in megabits',
    { replication: { '101-0': { target: 'pve2', rate: '10Mbps' } } },
    'Write megabytes per second: those of megabits are an eighth.',
  ],
  [
    'a pool of LVM as a folder',
    { storages: { thin: { type: 'lvmthin', vgname: 'pve', thinpool: '/data' } } },
    'Write its name: "data".',
  ],
])('for %s, no value is guessed that has another meaning', (_, datacenter, hint) => {
  const files: Files = { ...environment(), [DATACENTER]: datacenter };
  expect(loadFiles(files).problems.map((problem) => problem.hint)).toEqual([hint]);
});

test.each([
  ['protected', 'always', null],
  ['pool', '/prod', 'Write its name: "prod".'],
])('what is written as %s of a guest is not taken for the field of that name elsewhere', (field, written, hint) => {
  const files: Files = environment();
  files[LXC].lxc_configs['101'][field] = written;
  const found = loadFiles(files).problems.filter(({ code }) => code === 'INVALID_VALUE');
  expect(found.map((problem) => problem.hint)).toEqual([hint]);
});

test('a protected guest by its name is to be written as its number', () => {
  const files: Files = environment();
  files[HYPERVISOR].phoenix = { protected: ['web'] };
  expect(told(files)[0]).toContain('Write the number of the guest, such as 101, in place of its name.');
});

test.each<[string, object, string]>([
  ['blanks', { storages: { 'my media': NFS } }, 'my-media'],
  ['capitals', { aliases: { Office: { cidr: '10.0.0.1' } } }, 'office'],
  ['no realm', { users: { ada: {} } }, 'ada@pve'],
  ['no kind', { ha_resources: { '101': {} } }, 'ct:101'],
  ['another word for its kind', { ha_resources: { 'lxc:101': {} } }, 'ct:101'],
  ['another sign', { users: { 'a@pve': {} }, tokens: { 'a@pve/reader': {} } }, 'a@pve!reader'],
])('a name with %s is told with one that is allowed', (_, datacenter, meant) => {
  const problems = changed((files) => {
    files[DATACENTER] = datacenter;
  });
  expect(problems.map((problem) => problem.split(' | ')[1])).toEqual([`Call it "${meant}", for example.`]);
});

test.each<[string, string, (file: Files) => void, string]>([
  [
    'an offset as a time zone',
    HYPERVISOR,
    (file) => Object.assign(file, { timezone: 'CET+1' }),
    'Name a city of the zone, such as "Europe/Berlin": an offset knows no summer time.',
  ],
  [
    'a share in percent',
    HYPERVISOR,
    (file) => Object.assign(file, { behavior: { max_delete_share: '30%' } }),
    'Write 0.3.',
  ],
  [
    'a window by the time of the day',
    HYPERVISOR,
    (file) => Object.assign(file, { phoenix: { apply_windows: [{ cron: '02:00', duration: '3h' }] } }),
    '"0 2 * * *"',
  ],
  [
    'a duration in words',
    HYPERVISOR,
    (file) => Object.assign(file, { phoenix: { apply_windows: [{ cron: '0 2 * * *', duration: '3 hours' }] } }),
    '"3h"',
  ],
  ['an approver with @', HYPERVISOR, (file) => Object.assign(file, { phoenix: { approvers: ['@ada'] } }), '"ada"'],
  [
    'a server in place of the DNS server',
    HYPERVISOR,
    (file) => Object.assign(file, { dns_server: '9.9.9.9' }),
    '{"upstream_servers":["9.9.9.9"]}',
  ],
  ['a lifetime in years', CERTIFICATES, ({ 0: first }) => Object.assign(first, { lifetime: '1y' }), '"365d"'],
  ['firmware by its kind', VM, ({ vms }) => Object.assign(vms[1], { bios: 'UEFI' }), '"ovmf"'],
  ['a system by its name', VM, ({ vms }) => Object.assign(vms[1], { ostype: 'ubuntu' }), '"l26"'],
  ['a flag without its sign', VM, ({ vms }) => Object.assign(vms[1], { cpu_flags: ['aes'] }), '"+aes"'],
  ['a state of HA', LXC, ({ lxc_configs }) => Object.assign(lxc_configs['101'], { state: 'started' }), '"running"'],
  [
    'a feature without its value',
    LXC,
    ({ lxc_configs }) => Object.assign(lxc_configs['101'], { pct_options: ['nesting'] }),
    '"nesting=1"',
  ],
  [
    'a level of RAID by its number',
    HYPERVISOR,
    ({ zfs }) => Object.assign(zfs.pools[0], { raid_level: 'RAID1' }),
    '"mirror"',
  ],
  [
    'a misspelt level',
    HYPERVISOR,
    ({ zfs }) => Object.assign(zfs.pools[0], { raid_level: 'mirrror' }),
    'Did you mean "mirror"?',
  ],
  ['a disk without its folder', HYPERVISOR, ({ zfs }) => Object.assign(zfs.pools[0], { disks: ['sda'] }), '"/dev/sda"'],
  [
    'contents as a list',
    HYPERVISOR,
    ({ zfs }) => Object.assign(zfs.datasets[0], { proxmox_content_type: ['images', 'rootdir'] }),
    '"images,rootdir"',
  ],
  [
    'contents in other words',
    HYPERVISOR,
    ({ zfs }) => Object.assign(zfs.datasets[0], { proxmox_content_type: 'images,containers' }),
    '"images,rootdir"',
  ],
  [
    'a mode of a bond by its number',
    HYPERVISOR,
    ({ network }) => Object.assign(network, { bonds: [{ name: 'bond0', slaves: ['a', 'b'], mode: 4 }] }),
    '"802.3ad"',
  ],
  [
    'an address of the web as a domain',
    HYPERVISOR,
    (file) => Object.assign(file, { domain_name: 'https://example.internal' }),
    '"example.internal"',
  ],
  [
    'everybody as a source',
    HYPERVISOR,
    (file) =>
      Object.assign(file, {
        firewall: {
          enabled: true,
          global_firewall_rules: [{ type: 'in', action: 'ACCEPT', source: 'any', proto: 'tcp', port: '80' }],
        },
      }),
    'Take "source" out: a rule without it is for every address.',
  ],
  [
    'a network with a mask',
    HYPERVISOR,
    (file) =>
      Object.assign(file, {
        firewall: {
          enabled: true,
          global_firewall_rules: [
            { type: 'in', action: 'ACCEPT', source: '10.0.0.0/255.255.255.0', proto: 'tcp', port: '80' },
          ],
        },
      }),
    '"10.0.0.0/24"',
  ],
  [
    'permissions in letters',
    CERTIFICATES,
    ({ 0: first }) => Object.assign(first, { permissions: 'rw-r-----' }),
    '"640"',
  ],
  [
    'permissions with a prefix',
    CERTIFICATES,
    ({ 0: first }) => Object.assign(first, { permissions: '0o640' }),
    '"640"',
  ],
  ['an owner without a group', CERTIFICATES, ({ 0: first }) => Object.assign(first, { owner: 'root' }), '"root:root"'],
  [
    'an authority by its name',
    CERTIFICATES,
    ({ 0: first }) => Object.assign(first, { issuer: "Let's Encrypt" }),
    '"acme"',
  ],
  [
    'a name with its kind',
    CERTIFICATES,
    ({ 0: first }) => Object.assign(first, { sans: ['web.example.internal', 'DNS:a.example.internal'] }),
    '"a.example.internal"',
  ],
  [
    'a variable as the shell writes it',
    STACK,
    ({ environments }) => Object.assign(environments.production, { variables: ['PORT=8000'] }),
    '{"name":"PORT","value":"8000"}',
  ],
  [
    'a variable with a hyphen',
    STACK,
    ({ environments }) => environments.production.variables.push({ name: 'MY-PORT', value: '1' }),
    '"MY_PORT"',
  ],
])('in the other files, %s is told as it is to be written', (_, file, change, meant) => {
  const problems = changed((files) => change(files[file]));
  expect(problems.map((problem) => problem.split(' | ')[1])).toContain(/^["{]/.test(meant) ? `Write ${meant}.` : meant);
});

test('a folder in place of the file of a certificate is refused', () => {
  const [first] = changed((files) => {
    files[CERTIFICATES][0].cert_path = '/tank/certs/101/';
  });
  expect(first).toContain('must name a file, without a slash at its end');
});

test('certificates as an object, a role without its beginning, and a secret of a variable in one text', () => {
  const [list] = changed((files) => {
    files[CERTIFICATES] = { web: files[CERTIFICATES][0] };
  });
  expect(list).toContain('| Write a list in brackets');
  const [role] = changed((files) => {
    files[DATACENTER] = acl({ roles: ['Admin'] });
  });
  expect(role).toContain('Did you mean "PVEAdmin"?');
  const variables = changed((files) => {
    files[STACK].environments.production.variables = ['DB_PASSWORD=geheim'];
  });
  expect(variables.join()).toContain('an entry of "variables"');
  expect(variables.join()).not.toContain('geheim');
});
